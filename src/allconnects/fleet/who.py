"""Who asks for something."""

from __future__ import annotations

from dataclasses import dataclass

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.models import Account, Organisation


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody signed in, or (account None) a program or the platform itself, in an organisation."""

    organisation: Organisation
    account: Account | None = None


def who(request: TenantRequest) -> Who:
    """The caller of a page or an operation. Only behind ``member`` or ``ApiAuth``."""
    assert request.organisation is not None
    signed_in = request.token_scopes is None and isinstance(request.user, Account)
    return Who(request.organisation, request.user if signed_in else None)  # type: ignore[arg-type]
