"""What this room adds to an erasure: nothing of the person is recorded any more, also when it comes late.

The times in which the person had a device become times in which nothing of that device is recorded. These name a
device and no person; the next driver of the same van is not touched.
"""

from __future__ import annotations

from datetime import datetime

from allconnects.kit import clock
from allconnects.privacy.erasure.ports import Work, effect
from allconnects.telemetry.store import gate
from allconnects.telemetry.store.segments import KLASS

_HAD = """
    SELECT device_id, lower(during), CASE WHEN upper_inf(during) OR upper(during) > %(now)s THEN %(now)s
        ELSE upper(during) END
    FROM telemetry_occupancy
    WHERE organisation_id = %(organisation)s AND person = %(person)s AND lower(during) < %(now)s
    ORDER BY 1, 2"""
_FORGET = """
    SELECT telemetry_forget_times(%s, ARRAY(SELECT tstzrange(a, b) FROM unnest(%s::timestamptz[], %s::timestamptz[])
                                            AS span(a, b)))"""
PIECE = 100
"""Times that are taken out in one transaction: some hundred thousand hot positions at most."""


@effect("fence", "telemetry.positions")
def fence(work: Work) -> int:
    """Close the gate for every time in which the person had a device. Returns how many hot positions went.

    The gate moves in one short transaction a device, so that no batch that was sifted before can commit afterwards;
    what was recorded goes after that, piece by piece, while the gateway writes on.
    """
    person = work.subject.person
    if person is None or KLASS in work.held:
        return 0
    organisation = work.subject.organisation
    found = work.connection.execute(_HAD, {"organisation": organisation, "person": person, "now": clock.now()})
    by_device: dict[int, list[tuple[datetime, datetime]]] = {}
    for device, start, end in found:
        by_device.setdefault(device, []).append((start, end))
    gone = 0
    for device, spans in by_device.items():
        began = work.pace.now()
        with work.connection.transaction(), work.connection.cursor() as cursor:
            gate.close(cursor, organisation, device, spans, "erased")
        work.pace.rest(began)
        for at in range(0, len(spans), PIECE):
            starts, ends = zip(*spans[at : at + PIECE], strict=True)
            began = work.pace.now()
            with work.connection.transaction():
                row = work.connection.execute(_FORGET, (device, list(starts), list(ends))).fetchone()
                gone += int(row[0]) if row else 0
            work.pace.rest(began)
    return gone
