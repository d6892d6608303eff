"""What a national number is: eleven digits whose last two check the first nine. Pure.

Sources: Royal Decree of 3 April 1984 on the identification number of the National Register (97 less the remainder of
the first nine digits by 97; for births from 2000 on a 2 stands before them), Royal Decree of 8 February 1991 (bis
numbers: 20 or 40 is added to the month). Nothing here tells birth date or sex: nobody may read them from the number.
"""

from __future__ import annotations

import re

MASK = "•••••••••••"
"""What stands wherever a number would: no digit of it, because the first six are the birth date."""
_SEPARATORS = re.compile(r"[\s.\-/]+")
_ELEVEN = re.compile(r"\d{11}")
_IN_TEXT = re.compile(r"(?<![\d.])\d{2}[.\s]?\d{2}[.\s]?\d{2}[-\s]?\d{3}[.\s]?\d{2}(?!\d)")


def normal(text: str) -> str | None:
    """The eleven digits, or None when it is no national or bis number."""
    digits = _SEPARATORS.sub("", text)
    return digits if _ELEVEN.fullmatch(digits) and digits.isascii() and _holds(digits) else None


def check_digits(first_nine: str, century: int) -> str:
    """The two digits that check nine others, for births of 19xx (``century`` 19) or 20xx (20)."""
    ahead = "2" if century == 20 else ""
    return f"{97 - int(ahead + first_nine) % 97:02d}"


def _holds(digits: str) -> bool:
    return _dated(digits) and digits[9:] in (check_digits(digits[:9], 19), check_digits(digits[:9], 20))


def _dated(digits: str) -> bool:
    """Month and day are such, or unknown (zero); the number of the day is none of its ends."""
    month, day, number = int(digits[2:4]), int(digits[4:6]), int(digits[6:9])
    return month % 20 <= 12 and month <= 52 and day <= 31 and 1 <= number <= 998


def scrubbed(text: str) -> str:
    """A text with every national number in it masked: for what comes from outside and must be kept or shown."""
    return _IN_TEXT.sub(lambda found: MASK if normal(found[0]) else found[0], text)


def found_in(text: str) -> list[str]:
    """The national numbers in a text, as digits. One in two hundred random numbers of eleven digits is one."""
    return [digits for one in _IN_TEXT.findall(text) if (digits := normal(one))]
