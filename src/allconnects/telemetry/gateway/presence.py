"""Notices a device id that speaks from two places at once."""

from __future__ import annotations

from allconnects.telemetry.gateway.directory import DeviceRef

RETURN_WITHIN_S = 300.0
WARN_EVERY_S = 3600.0


def heard_from(device: DeviceRef, address: str, now_s: float) -> bool:
    """Note where a device spoke from; True when that is worth an event.

    A tracker that changes its network goes from A to B and stays. Two senders with one id make it go from A to
    B and back to A within minutes. ``now_s``: monotonic seconds. One event an hour and device.
    """
    if address == device.address:
        return False
    back = address == device.before and now_s - device.switched_s < RETURN_WITHIN_S
    device.before, device.address, device.switched_s = device.address, address, now_s
    if not back or now_s - device.warned_s < WARN_EVERY_S:
        return False
    device.warned_s = now_s
    return True
