"""Privacy labels of the tables in ``schema.sql`` and ``segments.sql``."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import NOT_PERSONAL, Label, Table, Way, ages, register

REFERENCE = Label(
    "user.unique_id.pseudonymous", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "observed",
)  # fmt: skip
PLACE = Label(
    "user.location.precise", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "observed",
)  # fmt: skip
MEASURED = Label(
    "user.device.telemetry", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "observed",
    schema="one format byte, then the device's own attributes; store/blob.py reads it",
)  # fmt: skip
PERSON = Label(
    "user.unique_id.pseudonymous", "location", "driver", "indirect", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "observed",
)  # fmt: skip
SEALED = Label(
    "user.location.precise", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_chunk+shred:raw_position", "observed",
    schema="a day's positions as store/segment/format.py writes them, encrypted under the subject's key",
)  # fmt: skip
HAD, HAD_BY = replace(REFERENCE, retention="occupancy"), replace(PERSON, retention="occupancy")
"""Who had a device: what is kept for longer than positions, such as trips, is found by it."""

_PLACES = ("fix_time", "lat_e7", "lon_e7", "altitude_m", "speed_kmh", "course_deg")
_MEASURES = ("satellites", "flags", "attributes")

register(
    Table(
        "telemetry_position",
        {
            **dict.fromkeys(("organisation_id", "device_id", "received_at", "content"), REFERENCE),
            **dict.fromkeys(_PLACES, PLACE),
            **dict.fromkeys(_MEASURES, MEASURED),
        },
        tenant="organisation_id",
        web="SELECT",
        ingest="SELECT, INSERT",
        worker="SELECT",
        ways=(Way("during", "device_id", "fix_time"),),
    )
)
register(
    Table(
        "telemetry_live",
        {
            **dict.fromkeys(("organisation_id", "device_id", "report_at"), REFERENCE),
            **dict.fromkeys((*_PLACES, "moved_at"), PLACE),
            **dict.fromkeys((*_MEASURES, "attributes_time"), MEASURED),
        },
        tenant="organisation_id",
        web="SELECT",
        ingest="SELECT, INSERT, UPDATE",
        worker="SELECT, UPDATE",
        ways=(Way("during", "device_id", "fix_time"),),
    )
)
register(
    Table(
        "telemetry_occupancy",
        {**dict.fromkeys(("organisation_id", "device_id", "during"), HAD), "person": HAD_BY},
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
        root="had",
    )
)
register(
    Table(
        "telemetry_segment",
        {
            **dict.fromkeys(
                ("organisation_id", "device_id", "day", "format", "generation", "count", "received_from",
                 "received_to", "sealed_at"),
                REFERENCE,
            ),
            "subject": PERSON,
            "data": SEALED,
        },
        tenant="organisation_id",
        web="SELECT",
        worker="SELECT, INSERT, UPDATE, DELETE",
        ways=(Way("person", "subject"),),
    )
)  # fmt: skip
register(
    Table(
        "telemetry_unsealed",
        dict.fromkeys(
            ("organisation_id", "device_id", "day", "since", "last_received", "count", "urgent", "retry_after"),
            REFERENCE,
        ),
        tenant="organisation_id",
        worker="SELECT, INSERT, UPDATE, DELETE",
        nobody="days of a device that wait to be sealed, whoever had it",
    )
)
register(
    Table(
        "telemetry_batch",
        {
            **dict.fromkeys(("transaction", "received_at"), NOT_PERSONAL),
            "organisations": replace(NOT_PERSONAL, schema="ids of the organisations that got positions"),
        },
        ingest="INSERT",
        worker="SELECT, DELETE",
    )
)
register(Table("telemetry_seal_progress", dict.fromkeys(("one", "looked_to"), NOT_PERSONAL), worker="SELECT, UPDATE"))
register(
    Table(
        "telemetry_certificate",
        dict.fromkeys(
            (
                "id",
                "dataset",
                "leaf",
                "first_day",
                "end_day",
                "reason",
                "count",
                "bytes",
                "digest",
                "at",
                "organisation_id",
                "held",
            ),
            NOT_PERSONAL,
        ),
        tenant="organisation_id",
        web="SELECT",
        worker="SELECT",
    )
)
register(
    Table(
        "telemetry_keeping_progress",
        dict.fromkeys(("organisation_id", "decision", "gone_before"), NOT_PERSONAL),
        tenant="organisation_id",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
)

SIGHT = Label(
    "user.settings", "location", "driver", "indirect", "fleet.dispatch", "legitimate_interest", "relation",
    "delete_row", "provided",
)  # fmt: skip
register(
    Table(
        "telemetry_sight", dict.fromkeys(("organisation_id", "person", "account", "grid_e7", "days"), SIGHT),
        tenant="organisation_id", web="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, DELETE",
    )
)  # fmt: skip

_GATE = dict.fromkeys(("organisation_id", "device_id", "during"), PERSON)
register(
    Table(
        "telemetry_private", {**_GATE, "reason": PERSON}, tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE", ingest="SELECT", worker="SELECT, DELETE",
        nobody="times in which nothing of a device is recorded, not whose they are; they keep late data out",
        more="SELECT, INSERT, DELETE",
    )
)  # fmt: skip
register(
    Table(
        "telemetry_recorded", _GATE, tenant="organisation_id", web="SELECT, INSERT, UPDATE, DELETE",
        ingest="SELECT", worker="SELECT, DELETE", nobody="times in which a device is recorded, not whose they are",
        more="SELECT",
    )
)  # fmt: skip

_LONGER = "greatest(telemetry_days_kept({t}.organisation_id, 0) - %s, 0) * interval '1 day'"
"""Who had a device, and when it recorded nothing, is known as long as positions of that time are kept."""
ages("telemetry_position", "{t}.received_at", "worker")
ages("telemetry_segment", "{t}.day", "worker")
ages("telemetry_unsealed", "{t}.day + " + _LONGER % 60)
ages("telemetry_live", "{t}.fix_time", "worker")
ages("telemetry_occupancy", "upper({t}.during) + " + _LONGER % 365)
ages("telemetry_private", "upper({t}.during) + " + _LONGER % 60)
ages("telemetry_recorded", "upper({t}.during) + " + _LONGER % 60)
ages("telemetry_importpiece", "(SELECT i.changed_at FROM telemetry_import i WHERE i.id = {t}.of_id)")
