"""Privacy labels of the tables in ``schema.sql``."""

from __future__ import annotations

from allconnects.kit.labels import NOT_PERSONAL, Label, Table, ages, register
from allconnects.privacy.offboarding.ports import of_people_only

VISIT = Label(
    "user.location.precise", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "trip", "delete_row", "derived",
)  # fmt: skip
PERSON = Label(
    "user.unique_id.pseudonymous", "location", "driver", "indirect", "fleet.dispatch",
    "legitimate_interest", "trip", "delete_row", "derived",
)  # fmt: skip
WORK = Label(
    "user.unique_id.pseudonymous", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "derived",
)  # fmt: skip
ADDRESS = Label(
    "user.location.precise", "location", "driver", "pseudonymous", "fleet.dispatch",
    "legitimate_interest", "raw_position", "delete_row", "excluded",
    excluded_because="says of a place that somebody of the organisation was near it, not who",
)  # fmt: skip

register(
    Table(
        "places_visit",
        {
            **dict.fromkeys(
                (
                    "organisation_id",
                    "device_id",
                    "place_id",
                    "enter",
                    "leave",
                    "before",
                    "after",
                    "fixes",
                    "vehicle",
                    "material",
                ),
                VISIT,
            ),
            "person": PERSON,
        },
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
    )
)
register(
    Table(
        "places_due",
        dict.fromkeys(("organisation_id", "device_id", "since"), WORK),
        nobody="devices that wait to be looked at, whoever had them",
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
)
register(
    Table(
        "places_progress",
        dict.fromkeys(("organisation_id", "looked_to"), NOT_PERSONAL),
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
)
register(
    Table(
        "places_address",
        dict.fromkeys(
            (
                "organisation_id",
                "lat_cell",
                "lon_cell",
                "language",
                "text",
                "wanted_at",
                "asked_at",
                "failures",
            ),
            ADDRESS,
        ),
        nobody="a cell of a grid that somebody of the firm was near; nothing says who",
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE, DELETE",
        worker="SELECT, DELETE",
    )
)

ages("places_visit", "{t}.leave", "worker")
ages("places_due", "{t}.since", "places.forget")
ages("places_address", "{t}.wanted_at", "places.forget")
of_people_only("places_home")
