"""What the phone app sends, read strictly."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.kit.errors import NotFound


def number_of(value: Any) -> int:
    """The number of a row. Raises NotFound."""
    if type(value) is not int or not 0 < value < 2**63:
        raise NotFound(_("There is no such thing here."))
    return value


def uuid_of(value: Any) -> UUID | None:
    """The id of a person, or None where none is given. Raises NotFound."""
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        raise NotFound(_("There is no such person.")) from None
