"""What a device says itself about private time: a switch in the vehicle, and a crash while nothing is recorded.

The switch is looked at before anything is written: a report with the switch on is dropped, whatever the database says
so far, and private time begins and ends with the reports on which the switch turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from allconnects.telemetry.store import blob
from allconnects.telemetry.store.gate import Gate

CRASH = "crash"
"""The attribute by which a device reports one."""


class Turn(NamedTuple):
    """Private time by the switch begins (until ``until_ms``; None: further notice) or ends at ``since_ms``."""

    organisation: int
    device: int
    on: bool
    since_ms: int
    until_ms: int | None = None


class Crash(NamedTuple):
    """A device reported a crash in time that is not recorded. Where is not said."""

    organisation: int
    device: int
    at_ms: int


def states(gate: Gate, blobs: Iterable[bytes]) -> list[bool | None]:
    """Of each report whether the switch is on; None where it does not say."""
    return [_state(gate.input, stored) for stored in blobs]


def _state(name: str, stored: bytes) -> bool | None:
    try:
        found = blob.decode(stored).get(name)
    except ValueError:
        return None
    return bool(found) if isinstance(found, bool | int | float) else None


def crashed(stored: bytes) -> bool:
    """Whether a report tells of a crash."""
    return bool(_state(CRASH, stored))


def turns(
    gate: Gate, owner: tuple[int, int], newest_ms: int, times_ms: Sequence[int], found: Sequence[bool | None]
) -> list[Turn]:
    """Where the switch turned, as far as the gate does not know it yet. ``owner``: organisation and device.

    ``newest_ms``: of all that the device sent before; a switch that late data show to have been on is on until then at
    most.
    """
    result: list[Turn] = []
    known = sorted((at, on) for at, on in zip(times_ms, found, strict=True) if on is not None)
    open_on = False
    for place, (at, on) in enumerate(known):
        if on and not open_on and not gate.is_private(at):
            until = next((later for later, other in known[place + 1 :] if not other), None)
            if until is None and at < newest_ms:
                until = newest_ms
            result.append(Turn(*owner, True, at, until))
        elif not on and not open_on and gate.is_switched(at):
            result.append(Turn(*owner, False, at))
            break  # what lies behind is looked at with the gate as it then is
        open_on = on
    return result
