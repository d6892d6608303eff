"""Privacy labels of the tables of this room.

A van is about its driver, a tool about who has it: everything here reaches a person sooner or later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from allconnects.kit.labels import Category, Export, Identifiability, Label, Retention, ages, labelled

T = TypeVar("T")


def tenant_table(
    *, found: Any = (), nobody: Any = "", root: Any = "", **columns: Label
) -> Callable[[type[T]], type[T]]:
    """Class decorator: a table of an organisation that pages and API may change and the worker clears out."""
    decorate = cast(Any, labelled)(
        tenant="organisation_id", web="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, DELETE",
        found=found, nobody=nobody, root=root, **columns,
    )  # fmt: skip
    return cast(Callable[[type[T]], type[T]], decorate)


def register_label(
    category: Category,
    identifiability: Identifiability = "pseudonymous",
    export: Export = "provided",
    *,
    schema: str = "",
    because: str = "",
) -> Label:
    """A column of the register: kept as long as what it describes is registered."""
    return Label(
        category, "product_service", "employee", identifiability, "fleet.register", "legitimate_interest",
        "relation", "delete_row", export, schema, because,
    )  # fmt: skip


def presence_label(
    category: Category = "user.unique_id.pseudonymous",
    identifiability: Identifiability = "pseudonymous",
    export: Export = "observed",
    *,
    retention: Retention = "occupancy",
    schema: str = "",
    because: str = "",
) -> Label:
    """A column that says who was where with what."""
    return Label(
        category, "product_service", "employee", identifiability, "fleet.dispatch", "legitimate_interest",
        retention, "delete_row", export, schema, because,
    )  # fmt: skip


def change_label(category: Category, identifiability: Identifiability, *, schema: str = "") -> Label:
    """A column of the history of changes."""
    return Label(
        category, "security", "account_holder", identifiability, "account.security", "legitimate_interest",
        "change_history", "delete_row", "derived", schema,
    )  # fmt: skip


ID = register_label("user.unique_id.pseudonymous", export="derived")
STAMP = register_label("user.unique_id.pseudonymous", export="derived")
THING = register_label("user.device")
PLATE = register_label("user.unique_id", "indirect")
GROUPS = register_label("user.device", schema="names of groups, as the organisation chose them")
NAME = register_label("user.name", "direct")
LAST_NAME = replace(NAME, becomes="'–'")
LEFT = replace(STAMP, becomes="coalesce(t.archived_at, now())")
"""Where a duty keeps rows about an erased person, an archived row without a name stays for them to refer to."""
WORK = register_label("user.account", "indirect")
NOTE = register_label("user.account", "indirect")
LANGUAGES = register_label("user.settings", schema="codes of languages the person speaks")
PERSON_ID = register_label("user.unique_id", "indirect", "derived")
ACCOUNT_LINK = register_label("user.account", "indirect", "derived")
DOCUMENT = register_label("user.unique_id", "indirect")
TOKEN = register_label(
    "user.authorization.credentials", export="excluded",
    because="opens the page of the material to whoever holds it",
)  # fmt: skip
BADGE_HASH = register_label(
    "user.authorization.credentials", export="excluded",
    because="a keyed hash of the badge's number; disclosing it helps nobody but a forger",
)  # fmt: skip
PRESENCE = presence_label()
PRESENT = presence_label("user.unique_id", "indirect")
REASON = presence_label("user.account", "indirect", "provided")
EVIDENCE = presence_label(retention="raw_position")
EVIDENCE_OF = presence_label("user.unique_id", "indirect", retention="raw_position")
EVIDENCE_HASH = presence_label(
    "user.authorization.credentials", retention="raw_position", export="excluded",
    because="a keyed hash of the badge's number; disclosing it helps nobody but a forger",
)  # fmt: skip
HEARD = presence_label("user.device.telemetry", retention="raw_position")
HEARD_AT = presence_label("user.location.precise", retention="raw_position")
CHANGE = change_label("user.account", "pseudonymous")
CHANGED_BY = change_label("user.account", "indirect")
CHANGED = change_label("user.account", "indirect")
UPLOAD = Label(
    "user.account", "product_service", "employee", "indirect", "fleet.register", "legitimate_interest",
    "upload", "delete_row", "provided", "the file as it was sent, in CSV or XLSX",
)  # fmt: skip
REPLY = Label(
    "user.account", "product_service", "employee", "indirect", "fleet.register", "legitimate_interest",
    "upload", "delete_row", "derived", "the answer that was given, as JSON",
)  # fmt: skip


def location_label(
    category: Category, identifiability: Identifiability = "pseudonymous", export: Export = "provided",
    retention: Retention = "relation", schema: str = "",
) -> Label:  # fmt: skip
    """A column of what is recorded and shown of where a person is."""
    return Label(
        category, "location", "driver", identifiability, "fleet.dispatch", "legitimate_interest", retention,
        "delete_row", export, schema,
    )  # fmt: skip


LOCATION_RULE = location_label("user.settings")
OWN_CHOICE = location_label("user.settings")
OWN_CHOICE_OF = location_label("user.settings", "indirect")
WEEK = location_label("user.account", schema="hours by weekday, as text; Monday is 0")
ABSENCE = location_label("user.account", retention="occupancy")
ABSENCE_OF = location_label("user.account", "indirect", retention="occupancy")
OWN_HOURS, OWN_HOURS_OF = location_label("user.account"), location_label("user.account", "indirect")
PRIVATE = location_label("user.device.telemetry", export="observed", retention="occupancy")
PRIVATE_OF = location_label("user.unique_id", "indirect", "observed", "occupancy")
EXCEPTION_TEXT = location_label("user.account", "indirect", retention="occupancy")
EXCEPTION_BY = location_label("user.account", "indirect", "derived", "occupancy")

_FORGOTTEN = {
    "fleet_absence": "{t}.last",
    "fleet_change": "{t}.at",
    "fleet_driverevent": "{t}.at",
    "fleet_locationexception": """CASE WHEN {t}."end" IS NOT NULL OR {t}.kind <> 'duty' THEN {t}.declared_at END""",
    "fleet_occupancy": "upper({t}.during)",
    "fleet_privatetime": '{t}."end"',
    "fleet_question": "{t}.asked_at",
    "fleet_reply": "{t}.made_at",
    "fleet_tag": "{t}.heard_at",
}
for _name, _since in _FORGOTTEN.items():
    ages(_name, _since, "fleet.forget")
ages("fleet_upload", "{t}.made_at", "fleet.tend_uploads")
ages("fleet_claim", "coalesce(upper({t}.during), {t}.withdrawn_at)")
ages("fleet_custody", "upper({t}.during)")
