"""OwnTracks over HTTP."""

from allconnects.telemetry.codecs.owntracks.codec import CODEC

__all__ = ["CODEC"]
