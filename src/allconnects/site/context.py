"""What every page may show: who is signed in where, in which language and theme."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection
from django.http import HttpRequest
from django.utils import translation

from allconnects.accounts.access import TenantRequest, at_least
from allconnects.accounts.models import LANGUAGES, Account, Role
from allconnects.kit import config
from allconnects.privacy.consents import storage
from allconnects.privacy.requests.access import answers
from allconnects.products.live_connects import waiting


def page(request: HttpRequest) -> dict[str, Any]:
    """Template variables ``organisation, organisations, role, may, languages, language, theme, account, storage_asks,
    bills, answers, waiting``.

    ``may.manager`` is whether the role is at least manager. ``theme`` is empty for automatic. ``answers``: whether
    whoever is signed in answers requests of data subjects; asked of the database only where a page wants to know.
    ``waiting``: how much waits for a second person, likewise.
    """
    user = getattr(request, "user", None)
    account = user if isinstance(user, Account) else None
    role = getattr(request, "role", None)
    return {
        "storage_asks": storage.asks(request),
        "organisation": getattr(request, "organisation", None),
        "organisations": getattr(request, "organisations", []),
        "role": role,
        "may": {str(needed): at_least(role, needed) for needed in Role.values},
        "languages": LANGUAGES,
        "language": translation.get_language() or "en",
        "theme": account.theme if account else "",
        "account": account,
        "bills": config.current().billing_file is not None,
        "answers": lambda: _answers(request),
        "waiting": lambda: _waiting(request),
    }


def _answers(request: HttpRequest) -> bool:
    """False on pages outside of a tenant's transaction: those of signing in, and those that say what went wrong."""
    return connection.in_atomic_block and answers(cast(TenantRequest, request))


def _waiting(request: HttpRequest) -> int:
    return len(waiting.items(cast(TenantRequest, request))) if connection.in_atomic_block else 0
