"""Where a page of a list ends, as an opaque text."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from django.utils.translation import gettext as _


class InvalidCursor(Exception):
    """Not a cursor that we gave."""


class Cursor:
    """Moment and id of the last row of a page."""

    @staticmethod
    def write(at: datetime, number: int) -> str:
        """As the next page is asked for."""
        return base64.urlsafe_b64encode(f"{at.isoformat()} {number}".encode()).rstrip(b"=").decode()

    @staticmethod
    def read(text: str) -> tuple[datetime, int]:
        """Raises InvalidCursor."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            moment, _space, number = raw.partition(" ")
            at, row = datetime.fromisoformat(moment), int(number)
        except (ValueError, UnicodeDecodeError, binascii.Error):
            raise InvalidCursor(_("This page cannot be found: begin at the first.")) from None
        if at.tzinfo is None or not 0 < row < 2**63:
            raise InvalidCursor(_("This page cannot be found: begin at the first."))
        return at, row
