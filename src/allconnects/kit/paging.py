"""Pages of long lists: a cursor names the row after which the next page begins, so what arrives meanwhile shifts none.

Lists that are objects name the next page in ``next``; those that are arrays name it in a Link header (RFC 8288).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput

MOST: Final = 500
Row = TypeVar("Row")


def cursor_of(key: object) -> str:
    """What names the row after which the next page begins."""
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def key_of(cursor: str) -> str:
    """The key in a cursor. Raises InvalidInput."""
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidInput(_("This cursor is none of ours.")) from None
    if "\0" in found:
        raise InvalidInput(_("This cursor is none of ours."))
    return found


def number_of(cursor: str) -> int:
    """The number in a cursor. Raises InvalidInput."""
    key = key_of(cursor)
    if not (key.isascii() and key.isdigit()) or len(key) > 9:
        raise InvalidInput(_("This cursor is none of ours."))
    return int(key)


def gone() -> InvalidInput:
    """The row at which the page before ended is there no more."""
    return InvalidInput(_("The row at which the page before ended is gone. Begin again."))


def cut(rows: Sequence[Row], limit: int | None, name: Callable[[Row], str]) -> tuple[Sequence[Row], str]:
    """The rows of a page out of one more than it holds, and the cursor of the next; empty if this is the last."""
    if limit is None or len(rows) <= limit:
        return rows, ""
    return rows[:limit], name(rows[limit - 1])


def linked(request: HttpRequest, response: HttpResponse, following: str) -> HttpResponse:
    """Say in a Link header where the next page is, if there is one."""
    if following:
        query = request.GET.copy()
        query["cursor"] = following
        response["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return response
