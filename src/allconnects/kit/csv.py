"""Texts in files that spreadsheets open: none of them is run as a formula, and each comes back as it was."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection); the last four are wide signs."""


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that would be gets an apostrophe in front.

    So does one that begins with apostrophes and then like a formula: ``unguarded`` gives back every text.
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """The text that ``guarded`` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
