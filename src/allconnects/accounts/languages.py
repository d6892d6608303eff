"""In whose language something is written."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.utils import translation

from allconnects.accounts.models import Account


def language_of(account: Account | None) -> AbstractContextManager[None]:
    """What is written meanwhile is in the language that an account chose; without a choice in that of whoever acts."""
    return translation.override((account.language if account else "") or translation.get_language())
