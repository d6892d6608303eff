"""OsmAnd and Traccar Client over HTTP."""

from allconnects.telemetry.codecs.osmand.codec import CODEC

__all__ = ["CODEC"]
