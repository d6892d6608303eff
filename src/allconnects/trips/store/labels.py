"""Privacy labels of the tables in ``schema.sql``."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import Label, Table, Way, ages, register

REFERENCE = Label(
    "user.unique_id.pseudonymous", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "trip", "delete_row", "derived",
)  # fmt: skip
PERSON = replace(REFERENCE, identifiability="indirect")
PLACE = replace(REFERENCE, category="user.location.precise")
MEASURED = replace(REFERENCE, category="user.device.telemetry")
WHY = replace(
    MEASURED, schema="rules of docs/trips.md by which it starts, goes on and ends, and times of the fixes that decided"
)
APPLIED = replace(REFERENCE, schema="ids of trips_correction that made this trip what it is")
SAID = replace(REFERENCE, category="user.location.precise", identifiability="indirect", export="provided")
AUTHOR = replace(REFERENCE, subject="account_holder", identifiability="indirect", export="provided")
SETTING = Label(
    "user.settings", "product_service", "account_holder", "indirect", "service.operate",
    "contract", "relation", "delete_row", "provided",
)  # fmt: skip

LOGBOOK = Label(
    "user.unique_id.pseudonymous", "product_service", "employee", "pseudonymous", "tax.logbook", "legal_obligation",
    "tax_logbook", "retain:tax_logbook", "derived",
)  # fmt: skip
LOGBOOK_WHO = replace(LOGBOOK, category="user.unique_id", identifiability="indirect")
LOGBOOK_TEXT = replace(LOGBOOK, category="user.account", identifiability="indirect", export="provided")
LEFT = replace(REFERENCE, erasure="unlink")
"""Of a trip the vehicle keeps that it was made and its kilometres, as of a private one: no person, place or reason."""
_MADE_BY = Way("mention", "made_by", prefix="account:")


def _cell(column: str) -> Label:
    """A coordinate as what is left of it: the middle of a cell of 0.1 degree, no finer than a municipality."""
    return replace(PLACE, erasure="generalise", becomes=f"floor(t.{column} / 1e6)::integer * 1000000 + 500000")


_WHERE_AND_WHOSE = ("organisation_id", "id", "device_id", "vehicle", "material", "start_at", "end_at")
_PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE"

register(
    Table(
        "trips_trip",
        {
            **dict.fromkeys((*_WHERE_AND_WHOSE, "shown", "computed", "changed", "computed_at"), LEFT),
            "rules_version": replace(REFERENCE, erasure="generalise", becomes="'erased'"),
            "person": replace(PERSON, erasure="nullify"),
            **{name: _cell(name) for name in ("start_lat_e7", "start_lon_e7", "end_lat_e7", "end_lon_e7")},
            **dict.fromkeys(("start_place", "end_place", "purpose", "purpose_by"), replace(SAID, erasure="generalise")),
            **dict.fromkeys(
                ("distance_m", "distance_why", "distance_gps_m", "distance_odometer_m", "moving_s", "idle_s",
                 "max_speed_source", "start_estimated", "end_estimated", "still_open"),
                replace(MEASURED, erasure="unlink"),
            ),
            "max_speed_kmh": replace(MEASURED, erasure="nullify"),
            "corrections": replace(APPLIED, erasure="generalise"),
            "why": replace(
                WHY, erasure="generalise", becomes="""'{"start":["erased",[]],"end":["erased",[]],"within":[]}'"""
            ),
        },
        tenant="organisation_id",
        web=_PRIVILEGES,
        worker=_PRIVILEGES,
    )
)  # fmt: skip
register(
    Table(
        "trips_stop",
        {
            **dict.fromkeys((*_WHERE_AND_WHOSE, "still_open", "shown", "rules_version", "computed_at"), REFERENCE),
            "idle": replace(MEASURED, schema="begins and ends of when the engine ran, one after the other"),
            "person": PERSON,
            **dict.fromkeys(("lat_e7", "lon_e7"), PLACE),
            "why": WHY,
        },
        tenant="organisation_id",
        web=_PRIVILEGES,
        worker=_PRIVILEGES,
    )
)
register(
    Table(
        "trips_correction",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "device_id", "kind", "start_at", "end_at", "split_at", "seen_distance_m",
                 "nobody", "undoes", "made_at"),
                REFERENCE,
            ),
            **dict.fromkeys(("start_place", "end_place", "distance_m", "purpose", "reason"), SAID),
            "person": PERSON,
            "made_by": AUTHOR,
        },
        tenant="organisation_id",
        web="SELECT, INSERT",
        worker="SELECT, DELETE",
        ways=(Way("during", "device_id", "start_at", "end_at"), _MADE_BY),
    )
)  # fmt: skip
register(
    Table(
        "trips_rules",
        {
            **dict.fromkeys(("organisation_id", "id", "scope", "key", "from_day", "made_by", "made_at"), SETTING),
            "rules": replace(SETTING, schema="number by the name of a rule of trips/rules.toml"),
        },
        tenant="organisation_id",
        web="SELECT, INSERT",
        worker="SELECT",
        ways=(_MADE_BY,),
    )
)
register(
    Table(
        "trips_pending",
        dict.fromkeys(
            ("organisation_id", "device_id", "day", "first_at", "last_at", "since", "retry_after"), REFERENCE
        ),
        nobody="days of a device that wait to be looked at, whoever had it",
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
)
register(
    Table(
        "trips_outcome",
        dict.fromkeys(("organisation_id", "correction", "state", "since"), REFERENCE),
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
)

ages("trips_trip", "{t}.start_at", "worker")
ages("trips_stop", "{t}.start_at", "worker")
ages("trips_correction", "{t}.end_at")
ages(
    "trips_outcome",
    "(SELECT c.end_at FROM trips_correction c WHERE c.organisation_id = {t}.organisation_id AND c.id = {t}.correction)",
)
ages("trips_pending", "{t}.day")
