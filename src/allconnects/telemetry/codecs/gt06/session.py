"""What one connection remembers, and what it knows of its device's model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from allconnects.telemetry.codecs.base import CodecError
from allconnects.telemetry.codecs.gt06.tables import family_of

_MAX_ZONE_MS = 14 * 3_600_000


class Session:
    """``zone_ms``: how far the device's clock is ahead of UTC, as its login said."""

    __slots__ = ("family", "now", "zone_ms")

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        options = options or {}
        model = options.get("model") or options.get("modelOverride") or ""
        now = options.get("now")
        if not isinstance(model, str) or not (now is None or callable(now)):
            raise CodecError("gt06: the options are a model name and a callable for the present")
        self.family = family_of(model)
        self.now: Callable[[], int] | None = now
        self.zone_ms = 0

    def set_zone(self, bits: int) -> None:
        """Takes the zone of a login: hundreds of hours and minutes above bit 4, bit 3 set for west.

        A zone that does not exist leaves the clock at UTC.
        """
        hours, minutes = divmod(bits >> 4, 100)
        offset = (hours * 60 + minutes) * 60_000
        if minutes > 59 or offset > _MAX_ZONE_MS:
            offset = 0
        self.zone_ms = -offset if bits & 0x8 else offset
