"""Concox GT06 and compatible trackers."""

from __future__ import annotations

from allconnects.telemetry.codecs.base import Codec
from allconnects.telemetry.codecs.gt06.codec import Gt06Codec

CODEC: Codec = Gt06Codec()

__all__ = ["CODEC"]
