"""Numbers of the Crossroads Bank for Enterprises. Pure."""

from __future__ import annotations

import re


def number(text: str) -> str | None:
    """The ten digits of an enterprise number or of the VAT number made from it; None when it is none.

    With or without BE, spaces, dots and dashes; nine digits are one of before 2005, whose first was no 0 yet.
    """
    digits = re.sub(r"[\s.\-]", "", text.upper()).removeprefix("BE")
    digits = digits.zfill(10) if len(digits) == 9 else digits
    return digits if re.fullmatch(r"[01][0-9]{9}", digits) and checks(digits) else None


def checks(digits: str) -> bool:
    """Whether the last two of ten digits are 97 minus the first eight by 97."""
    return len(digits) == 10 and 97 - int(digits[:8]) % 97 == int(digits[8:])
