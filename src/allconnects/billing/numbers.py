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
    digits = plain(number).removeprefix("BE")
    return bool(re.fullmatch(r"[01][0-9]{9}", digits)) and enterprise.checks(digits)


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
