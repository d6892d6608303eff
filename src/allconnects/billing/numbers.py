"""Numbers of enterprises and accounts, checked by their own check digits. Pure."""

from __future__ import annotations

import re

from allconnects.kit import enterprise

_EU = re.compile(r"[A-Z]{2}[A-Z0-9+*.]{2,13}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def plain(number: str) -> str:
    """Without spaces, dots and dashes, in capitals."""
    return re.sub(r"[\s.\-]", "", number).upper()


def belgian_enterprise(number: str) -> bool:
    """Ten digits, the last two of which are 97 minus the rest by 97 (Crossroads Bank for Enterprises)."""
    return enterprise.number(number) is not None


def kept(number: str, country: str) -> str:
    """How a VAT number is kept: without signs between; a Belgian one with all its ten digits."""
    digits = enterprise.number(number) if country == "BE" and plain(number).startswith("BE") else None
    return f"BE{digits}" if digits else plain(number)


def vat_number(number: str, country: str) -> bool:
    """Whether it may be one of that country: by check digits in Belgium, by its form elsewhere in the Union."""
    text = plain(number)
    if not text.startswith({"GR": "EL"}.get(country, country)):
        return False
    return belgian_enterprise(text) if country == "BE" else bool(_EU.fullmatch(text))


def iban(number: str) -> bool:
    """ISO 13616: the rest by 97 is 1."""
    text = plain(number)
    if not _IBAN.fullmatch(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
