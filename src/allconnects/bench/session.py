"""A signed-in session for the benchmark's browser, without a browser."""

from __future__ import annotations

import secrets

from allconnects.kit import rooms


def run() -> int:
    """Print a cookie of a new viewer of the benchmark's organisation."""
    rooms.load()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils.module_loading import import_string

    from allconnects.accounts.models import Account, Membership, Organisation

    account = Account.objects.create_user(f"viewer-{secrets.token_hex(4)}@bench.example", secrets.token_urlsafe(12))
    Membership.objects.create(account=account, organisation=Organisation.objects.get(slug="bench"), role="viewer")
    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")  # noqa: T201
    return 0
