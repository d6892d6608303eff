"""A firm as rows: vehicles with devices, people in teams, sites, trips, stops and visits, written as the rooms do."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.range import Range

BRUSSELS = ZoneInfo("Europe/Brussels")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant by the wall clock of Brussels: ``2026-10-05 07:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)


@dataclass
class Firm:
    """Writes rows as the owner of the tables."""

    owner: psycopg.Connection[Any]
    organisation: int

    def put(self, table: str, returning: str = "organisation_id", **columns: Any) -> Any:
        """A row of the organisation; answers with one of its columns."""
        values = {"organisation_id": self.organisation, **columns}
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)), sql.Identifier(returning),
        )  # fmt: skip
        row = self.owner.execute(query, list(values.values())).fetchone()
        assert row is not None
        return row[0]

    def _registered(self, table: str, **columns: Any) -> Any:
        return self.put(table, "id", version=1, created_at=LONG_AGO, changed_at=LONG_AGO, **columns)

    def device(self, name: str = "tracker", kind: str = "vehicle") -> int:
        return self.put(
            "telemetry_device", "id", name=name, kind=kind, identifier=secrets.token_hex(8), protocol="teltonika",
            secret_hash="", created_at=LONG_AGO,
        )  # fmt: skip

    def vehicle(self, name: str, plate: str = "", **more: Any) -> tuple[int, int]:
        """A vehicle with a device in it since long. Returns both numbers."""
        vehicle = self._registered(
            "fleet_vehicle", name=name, plate=plate, **{
                "vehicle_class": "van", "fuel": "diesel", "co2_g_km": None, "vin": "", "brand": "", "model": "",
                "groups": [], "state": "active", "note": "", **more,
            },
        )  # fmt: skip
        device = self.device(f"device of {name}")
        self.install(device, vehicle_id=vehicle)
        return vehicle, device

    def material(self, name: str) -> tuple[int, int]:
        """A machine with a device in it since long. Returns both numbers."""
        material = self._registered(
            "fleet_material", name=name, category="machine", serial="", token=secrets.token_hex(8), brand="", model="",
            groups=[], note="",
        )  # fmt: skip
        device = self.device(f"device of {name}", "material")
        self.install(device, material_id=material)
        return material, device

    def install(self, device: int, **where: Any) -> None:
        self.put("fleet_installation", device_id=device, main=True, during=Range(LONG_AGO, None), **where)

    def person(self, first: str, last: str, account: int | None = None) -> uuid.UUID:
        return self._registered(
            "fleet_person", id=uuid.uuid4(), first_name=first, last_name=last, number="", joint_committee="",
            languages=[], groups=[], account_id=account,
        )  # fmt: skip

    def team(self, name: str, *people: uuid.UUID) -> int:
        team: int = self._registered("fleet_team", name=name, note="")
        for person in people:
            self.put("fleet_teammember", team_id=team, person_id=person, since=LONG_AGO.date(), leads=False)
        return team

    def place(self, name: str, number: str = "", kind: str = "site") -> int:
        return self.put(
            "places_place", "id", kind=kind, name=name, number=number, address="", colour="blue", works_declaration="",
            timezone="Europe/Brussels", dwell_s=180, shape=Jsonb({}), west=4, south=51, east=4.1, north=51.1, lon=4.05,
            lat=51.05, version=1, created_at=LONG_AGO, changed_at=LONG_AGO,
        )  # fmt: skip

    def visit(self, device: int, place: int, enter: datetime, leave: datetime) -> None:
        after = leave + timedelta(seconds=1)
        self.put("places_visit", device_id=device, place_id=place, enter=enter, leave=leave, after=after, fixes=10)

    def occupancy(self, vehicle: int, person: uuid.UUID, begin: datetime, end: datetime, role: str = "driver") -> None:
        self.put(
            "fleet_occupancy", vehicle_id=vehicle, person_id=person, role=role, during=Range(begin, end),
            source="badge", rank=2,
        )  # fmt: skip

    def _carrier(self, device: int, at: datetime, person: uuid.UUID | None) -> dict[str, Any]:
        """What a device was in and who had it, as it stands in a trip."""
        row = self.owner.execute(
            "SELECT vehicle_id, material_id, person_id FROM fleet_installation WHERE device_id = %s AND during @> %s",
            (device, at),
        ).fetchone()  # fmt: skip
        found = dict(zip(("vehicle", "material", "person"), row or (None, None, None), strict=True))
        return {**found, "person": person or found["person"]}

    def _number(self, begin: datetime) -> int:
        self.owner.execute("SELECT trips_make_partition(%s)", (begin.date(),))
        row = self.owner.execute("SELECT nextval('trips_number')").fetchone()
        assert row is not None
        return int(row[0])

    def trip(
        self, device: int, begin: datetime, end: datetime, *, person: uuid.UUID | None = None,
        distance_m: float = 10_000, idle_s: float = 0, top: float | None = 80, start: str = "Depot", to: str = "Site",
        purpose: str = "",
    ) -> str:  # fmt: skip
        """A trip as the detector stores it. Returns how pages name it."""
        number = self._number(begin)
        self.put(
            "trips_trip", id=number, device_id=device, **self._carrier(device, begin, person),
            start_at=begin, end_at=end,
            **dict.fromkeys(("start_lat_e7", "start_lon_e7", "end_lat_e7", "end_lon_e7"), 0), start_place=start,
            end_place=to, distance_m=distance_m, distance_why="", distance_gps_m=distance_m, idle_s=idle_s,
            moving_s=(end - begin).total_seconds() - idle_s, max_speed_kmh=top, max_speed_source="",
            **dict.fromkeys(("start_estimated", "end_estimated", "still_open", "changed"), False), purpose=purpose,
            purpose_by="manager" if purpose else "", shown=True, computed=True, corrections=[], rules_version="1",
            why=Jsonb({"start": ["movement", [0]], "end": ["standstill", [0]]}), computed_at=end,
        )  # fmt: skip
        return f"{device}-{number}"

    def stop(
        self, device: int, begin: datetime, end: datetime, person: uuid.UUID | None = None,
        idle: tuple[datetime, ...] = (),
    ) -> None:  # fmt: skip
        """A stop; ``idle``: begins and ends of when the engine ran."""
        self.put(
            "trips_stop", id=self._number(begin), device_id=device, **self._carrier(device, begin, person),
            start_at=begin, end_at=end, lat_e7=0, lon_e7=0, still_open=False, shown=True, rules_version="1",
            idle=list(idle), why=Jsonb(["standstill", [0]]), computed_at=end,
        )  # fmt: skip


def days(first: str, last: str) -> dict[str, date]:
    """The period of a question."""
    return {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
