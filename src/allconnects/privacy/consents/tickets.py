"""What a form of consents carries: a signed ticket with a nonce, bound to who got the page and to the words on it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from allconnects.privacy.consents import ledger

_SALT = "consents.form"
LIVES_S = 12 * 3600
STRANGER = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """``digests``: hashes of the words that were shown, by purpose."""

    nonce: str
    digests: dict[str, str]


def issue(account: int, digests: dict[str, str]) -> str:
    """For a page that is shown now. ``account``: who is signed in, STRANGER for nobody."""
    return signing.dumps([account, ledger.nonce(), digests], salt=_SALT)


def read(text: str, account: int) -> Ticket:
    """The ticket of a form. Raises Rejected: ``forged`` (also somebody else's) or ``expired``."""
    try:
        holder, nonce, digests = signing.loads(text, salt=_SALT, max_age=LIVES_S)
    except signing.SignatureExpired:
        raise ledger.Rejected("expired") from None
    except (signing.BadSignature, ValueError):
        raise ledger.Rejected("forged") from None
    if holder != account:
        raise ledger.Rejected("forged")
    return Ticket(nonce, digests)
