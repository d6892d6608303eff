"""What the API says and takes about the register. Names and units are those of the forms."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AliasChoices, Field

Name = Field(min_length=1, max_length=100)
Text = Field(default=None, max_length=2000)
VehicleClassName = Literal[
    "car", "van", "truck", "tractor_unit", "bus", "trailer", "tractor", "machine", "motorcycle", "bicycle", "other"
]
FuelName = Literal[
    "diesel", "petrol", "hybrid", "plugin_hybrid", "electric", "lpg", "cng", "hydrogen", "none", ""
]  # fmt: skip
CategoryName = Literal["tool", "machine", "container", "trailer", "attachment", "measuring", "safety", "other"]
DocumentKindName = Literal[
    "inspection", "insurance", "lease", "registration", "tachograph", "transport_licence", "lifting",
    "driving_licence", "driver_card", "code_95", "medical", "construbadge", "warranty", "other",
]  # fmt: skip


def _key_of(name: str) -> Any:
    """The key that a row refers by, out of the row or out of an answer that was kept."""
    return Field(validation_alias=AliasChoices(f"{name}_id", name))


class Problem(Schema):
    """RFC 9457."""

    type: str
    status: int
    code: str
    title: str


class Row(Schema):
    """What every row has. ``version`` grows with each change and is its ETag."""

    version: int
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


class VehicleOut(Row):
    """A vehicle."""

    id: int
    name: str
    plate: str
    vin: str
    vehicle_class: VehicleClassName
    fuel: FuelName
    brand: str
    model: str
    year: int | None
    odometer_m: int | None
    odometer_at: datetime | None
    co2_g_km: int | None
    seats: int | None
    payload_kg: int | None
    groups: list[str]
    state: Literal["active", "sold"]
    note: str


class VehicleChange(Schema):
    """What to change; what is left out stays. ``odometer_km``: as the dashboard shows it now."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    plate: str | None = Text
    vin: str | None = Text
    vehicle_class: VehicleClassName | None = None
    fuel: FuelName | None = None
    brand: str | None = Text
    model: str | None = Text
    year: int | None = None
    odometer_km: Decimal | None = None
    co2_g_km: int | None = None
    seats: int | None = None
    payload_kg: int | None = None
    groups: list[str] | None = None
    note: str | None = Text


class VehicleIn(VehicleChange):
    """A vehicle to enter."""

    name: str = Name
    vehicle_class: VehicleClassName = "van"


class MaterialOut(Row):
    """A material. ``token``: what its QR code says after ``/m/``."""

    id: int
    name: str
    category: CategoryName
    serial: str
    token: str
    brand: str
    model: str
    purchased_on: date | None
    purchase_value: Decimal | None
    hours: Decimal | None
    hours_at: datetime | None
    groups: list[str]
    note: str


class MaterialChange(Schema):
    """What to change; what is left out stays. ``hours``: as the meter shows it now."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    category: CategoryName | None = None
    serial: str | None = Text
    brand: str | None = Text
    model: str | None = Text
    purchased_on: date | None = None
    purchase_value: Decimal | None = None
    hours: Decimal | None = None
    groups: list[str] | None = None
    note: str | None = Text


class MaterialIn(MaterialChange):
    """A material to enter."""

    name: str = Name
    category: CategoryName = "tool"


class PersonOut(Row):
    """A person."""

    id: UUID
    first_name: str
    last_name: str
    number: str
    employer: int | None = _key_of("employer")
    joint_committee: str
    languages: list[str]
    groups: list[str]
    active_from: date | None
    active_until: date | None


class PersonChange(Schema):
    """What to change; what is left out stays. ``employer``: its id."""

    first_name: str | None = Field(default=None, min_length=1, max_length=80)
    last_name: str | None = Field(default=None, min_length=1, max_length=80)
    number: str | None = Text
    employer: int | None = None
    joint_committee: str | None = Text
    languages: list[str] | None = None
    groups: list[str] | None = None
    active_from: date | None = None
    active_until: date | None = None


class PersonIn(PersonChange):
    """A person to enter."""

    first_name: str = Field(min_length=1, max_length=80)
    last_name: str = Field(min_length=1, max_length=80)


class EmployerOut(Row):
    """Who employs people."""

    id: int
    name: str
    number: str
    joint_committee: str


class EmployerChange(Schema):
    """What to change; what is left out stays. ``number``: Belgian enterprise number."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    number: str | None = Text
    joint_committee: str | None = Text


class EmployerIn(EmployerChange):
    """An employer to enter."""

    name: str = Name


class TeamOut(Row):
    """A team."""

    id: int
    name: str
    note: str


class TeamChange(Schema):
    """What to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    note: str | None = Text


class TeamIn(TeamChange):
    """A team to enter."""

    name: str = Name


class ChangeOut(Schema):
    """One field of one row changed. ``account``: who, None for programs."""

    at: datetime
    account: int | None = _key_of("account")
    kind: str
    field: str
    old: str
    new: str


class InstallationOut(Schema):
    """A device in a vehicle, material or on a person; ``until`` None: it sits there now."""

    id: int
    device: int
    vehicle: int | None
    material: int | None
    person: UUID | None
    main: bool
    since: datetime
    until: datetime | None


class InstallationIn(Schema):
    """A device to put into one of vehicle, material or person; ``since``: now by default."""

    device: int
    vehicle: int | None = None
    material: int | None = None
    person: UUID | None = None
    main: bool = True
    since: datetime | None = None
    until: datetime | None = None


class End(Schema):
    """When something ended; now by default."""

    until: datetime | None = None


class DocumentOut(Row):
    """A document; its last day of validity included."""

    id: int
    vehicle: int | None = _key_of("vehicle")
    material: int | None = _key_of("material")
    person: UUID | None = _key_of("person")
    kind: DocumentKindName
    number: str
    valid_from: date | None
    valid_until: date | None
    note: str


class DocumentIn(Schema):
    """A document of one of vehicle, material or person."""

    vehicle: int | None = None
    material: int | None = None
    person: UUID | None = None
    kind: DocumentKindName
    number: str = Field(default="", max_length=60)
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = Field(default="", max_length=500)


class OccupancyOut(Schema):
    """A person in a vehicle. ``rank``: 1 is believed most."""

    vehicle: int
    person: UUID
    role: Literal["driver", "passenger"]
    source: Literal["manual", "badge", "dallas", "phone", "qr", "planning"]
    rank: int
    since: datetime
    until: datetime | None


class ClaimIn(Schema):
    """A correction (manual) or a plan; ``person`` None: nobody of ours drove."""

    vehicle: int
    person: UUID | None = None
    role: Literal["driver", "passenger"] = "driver"
    source: Literal["manual", "planning"] = "manual"
    since: datetime
    until: datetime | None = None
    reason: str = Field(default="", max_length=200)


class ClaimOut(ClaimIn):
    """A correction or a plan that stands."""

    id: int


class SightingIn(Schema):
    """Somebody identified at a vehicle, by the number of a badge or as a person."""

    vehicle: int
    source: Literal["badge", "dallas", "phone", "qr"]
    entering: bool
    at: datetime
    number: str = Field(default="", max_length=100)
    person: UUID | None = None
    role: Literal["driver", "passenger", ""] = ""


class Taken(Schema):
    """How many of what was sent was new."""

    new: int


class BadgeIn(Schema):
    """A badge to give to a person."""

    kind: Literal["rfid", "dallas", "nfc", "qr", "phone", "pin"] = "rfid"
    number: str = Field(min_length=4, max_length=100)
    since: datetime | None = None


class BadgeOut(Schema):
    """A badge; of its number only the last signs are known."""

    id: int
    person: UUID = _key_of("person")
    kind: str
    last4: str
    valid_from: datetime
    revoked_at: datetime | None


class WhereOut(Schema):
    """Where a material is: in what way it is known, since when, how sure, and why."""

    material: int
    how: str
    certainty: Literal["certain", "likely", "old", "unknown"]
    at: datetime | None
    lat: float | None
    lon: float | None
    holder: Any
    why: list[str]


class CustodyIn(Schema):
    """Who or what has a material from now on: a person, a vehicle, a site, or nobody yet (on its way)."""

    person: UUID | None = None
    vehicle: int | None = None
    site: int | None = None
    site_name: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=200)
