"""What this room adds to an erasure: by what a person would be recognised, and the phone that goes along."""

from __future__ import annotations

from allconnects.privacy.erasure.ports import Work, effect, identifying

_KNOWN_BY = "SELECT number, first_name || last_name FROM fleet_person WHERE organisation_id = %s AND id = %s"
_PHONES = """
    SELECT DISTINCT i.device_id FROM fleet_installation i JOIN telemetry_device d ON d.id = i.device_id
    WHERE i.organisation_id = %(organisation)s AND i.person_id = %(person)s AND d.kind = 'phone'
      AND NOT EXISTS (SELECT FROM fleet_installation o WHERE o.device_id = i.device_id
                      AND o.person_id IS DISTINCT FROM i.person_id)"""
_SILENCE = """
    UPDATE telemetry_device SET name = '–', identifier = 'erased-' || id, secret_hash = '',
        gate_version = gate_version + 1 WHERE organisation_id = %s AND id = ANY(%s)"""
_DEVICE_ROWS = ("telemetry_live", "telemetry_segment", "telemetry_occupancy")


@identifying
def known_by(work: Work) -> dict[str, str]:
    """The firm's number and the name of the person: an import that brings them again stops and asks."""
    row = work.connection.execute(_KNOWN_BY, (work.subject.organisation, work.subject.person)).fetchone()
    return {"number": row[0], "name": row[1]} if row else {}


@effect("stop", "fleet.phones")
def phones(work: Work) -> int:
    """A phone that only this person carried cannot send any more, and nothing of it stays. Returns how many."""
    who = {"organisation": work.subject.organisation, "person": work.subject.person}
    devices = [row[0] for row in work.connection.execute(_PHONES, who)]
    if not devices or "raw_position" in work.held:
        return 0
    with work.connection.transaction():
        work.connection.execute(_SILENCE, (work.subject.organisation, devices))
    for device in devices:
        with work.connection.transaction():
            work.connection.execute("SELECT telemetry_forget_device(%s)", (device,))
        for table in _DEVICE_ROWS:
            work.connection.execute(
                f"DELETE FROM {table} WHERE organisation_id = %s AND device_id = %s".encode(),
                (work.subject.organisation, device),
            )
    return len(devices)
