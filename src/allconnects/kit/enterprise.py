"""Numbers of the Crossroads Bank for Enterprises. Pure."""

from __future__ import annotations


def checks(digits: str) -> bool:
    """Whether the last two of ten digits are 97 minus the first eight by 97."""
    return len(digits) == 10 and 97 - int(digits[:8]) % 97 == int(digits[8:])
