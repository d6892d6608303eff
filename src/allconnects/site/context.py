"""What every page may show: who is signed in where, in which language and theme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import translation

from allconnects.accounts.access import at_least
from allconnects.accounts.models import LANGUAGES, Account, Role
from allconnects.kit import config
from allconnects.privacy.consents import storage


def page(request: HttpRequest) -> dict[str, Any]:
    """Template variables ``organisation, organisations, role, may, languages, language, theme, account, storage_asks,
    bills``.

    ``may.manager`` is whether the role is at least manager. ``theme`` is empty for automatic.
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
    }
