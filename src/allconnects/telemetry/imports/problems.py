"""What is wrong with a row, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """Texts by code."""
    return {
        "time": _("The time is missing or cannot be read."),
        "place": _("Latitude or longitude is missing or not on the globe."),
        "number": _("A number cannot be read."),
        "switch": _("The ignition is neither on nor off."),
        "columns": _("The row has more or fewer columns than the header."),
        "row": _("The row cannot be read."),
        "device": _("There is no device with this identifier."),
        "no_device": _("The row names no device; choose one for the file."),
        "future": _("The time lies in the future."),
    }


def told(problems: list[list[object]]) -> list[tuple[int, str]]:
    """Line and text of each."""
    words = texts()
    return [(int(str(line)), words.get(str(code), str(code))) for line, code in problems]
