"""The access log, by every address: whoever reads where somebody was, or when he worked, leaves a line that he sees."""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.services import materials
from allconnects.fleet.who import Who
from allconnects.kit import clock, db
from allconnects.telemetry.store.segments import bounds
from tests.permissions.matrix import BASIC, OPERATIONS, PAGES, Page
from tests.permissions.readings import READS, SAYS_NOTHING, SIGNING_IN
from tests.permissions.test_matrix import ask, call, things_of
from tests.privacy.driving import Driving, all_week, driving, ms
from tests.reports.firm import Firm
from tests.telemetry.store.hot import Yard, at

Owner = psycopg.Connection[Any]


class World:
    """A firm with one person who was everywhere; all ids of the matrix are about him. ``basic``: for programs."""

    basic = ""

    def __init__(self, owner: Owner, organisation: Organisation, account_of: Callable[..., Account]) -> None:
        self.owner, self.organisation = owner, organisation
        self.yard = Yard(owner, organisation.pk, db.conninfo("ingest"))
        self.now = clock.now()
        self.things = things_of(organisation, account_of, owner)
        self.driven = driving(owner, organisation, account_of("driver"), self.yard, self.now - timedelta(days=70))
        self.things |= self._about(self.driven)

    def _about(self, driven: Driving) -> dict[str, Any]:
        firm, now, person, device = Firm(self.owner, self.organisation.pk), self.now, driven.person.pk, driven.device.id
        with speaking_for(self.organisation.pk):
            all_week(driven)
            materials.hand_over(Who(self.organisation), self.things["$material"], materials.Holder(person=person))
        driven.refresh()
        # Pages tell of today if they are asked for no day, and today may have begun a minute ago.
        part = min(timedelta(hours=1), (now - bounds(clock.day_of(now))[0]) / 3)
        began = now - 3 * part
        for share in (0.5, 0.3, 0.02):
            self.yard.send(driven.device, at(ms(now - share * part), 50.5, 50.0), received=ms(now))
        trip = firm.trip(device, began, began + part, person=person)
        firm.trip(device, began - timedelta(days=1), began - timedelta(days=1) + part, person=person)
        firm.stop(device, began + part, began + 2 * part, person)
        month = now.replace(day=1, hour=9, minute=0) - timedelta(days=20)
        # Reports tell of working hours only: whatever the time is now, this was on a Tuesday at ten.
        tuesday = (now - timedelta(days=now.weekday() + 6)).replace(hour=10, minute=0)
        for start in (month, tuesday):
            firm.trip(device, start, start + timedelta(hours=1), person=person)
            firm.stop(device, start + timedelta(hours=1), start + timedelta(hours=2), person)
        for enter in (began, now - part / 3, month, tuesday):
            firm.put(
                "places_visit", device_id=device, place_id=self.things["$place"], enter=enter,
                leave=enter + timedelta(minutes=15), before=None, after=None, fixes=9, person=person,
                vehicle=driven.vehicle.pk,
            )  # fmt: skip
        firm.put("fleet_teammember", team_id=self.things["$team"], person_id=person, since=began.date(), leads=False)
        self.owner.execute(
            "UPDATE alerts_alert SET device = %s, lat_e7 = 500000000, lon_e7 = 43500000 WHERE id = %s",
            (device, self.things["$alert"]),
        )
        self.owner.execute("UPDATE fleet_question SET person_id = %s WHERE id = %s", (person, self.things["$question"]))
        return {
            "$device": device, "$vehicle": driven.vehicle.pk, "$person": str(person), "$report_person": person,
            "$report_vehicle": driven.vehicle.pk, "$trip": int(trip.split("-")[1]),
        }  # fmt: skip

    def query(self, key: str) -> str | None:
        """What an operation is asked where the matrix asks it about days of which nobody knows anything."""
        days = f"from={self.now.date() - timedelta(days=14)}&to={self.now.date()}"
        return f"?purpose=dispatch&{days}" if "/reports/" in key else None

    def lines(self) -> set[str]:
        """Scopes that were noted about the person, or about everybody, since the last time."""
        rows = self.owner.execute(
            "DELETE FROM privacy_access WHERE organisation_id = %s AND (person = %s OR person IS NULL) RETURNING scope",
            (self.organisation.pk, self.driven.person.pk),
        ).fetchall()
        return {scope for (scope,) in rows}


@pytest.fixture
def world(owner_connection: Owner, organisation: Organisation, account_of: Callable[..., Account]) -> Iterator[World]:
    made = World(owner_connection, organisation, account_of)
    yield made
    made.yard.close()


def asked() -> Iterator[tuple[str, Page | None]]:
    """Every address that is asked and not pressed, save those on which an account signs in."""
    for name, pages in PAGES.items():
        for page in pages if isinstance(pages, list) else [pages]:
            if page.method == "get" and not name.startswith(SIGNING_IN):
                yield name, page
    for key in (*OPERATIONS, *BASIC):
        if key.startswith("GET ") or key in BASIC:
            yield key, None


def test_every_address_is_decided() -> None:
    known = {key for key, _page in asked()}
    assert known - set(READS) - set(SAYS_NOTHING) == set(), "say in readings.py whether these tell of a person"
    assert (set(READS) | set(SAYS_NOTHING)) - known == set(), "these exist no longer"
    assert set(READS) & set(SAYS_NOTHING) == set()


WITH = {
    "reports:run": {"purpose": "dispatch", "period": "last_week"},
    "reports:file": {"purpose": "dispatch", "period": "last_week"},
}
"""What is asked of an address beside what the matrix asks."""


def read(client: Client, stranger: Client, key: str, page: Page | None, world: World) -> None:
    """Ask, and take everything that comes."""
    response: Any
    if page is not None:
        wanted = replace(page, data={**page.data, **WITH.get(key, {})})
        response = ask(client, key, wanted, world.things)
    elif key in BASIC:
        query = {"from": (world.now - timedelta(days=1)).isoformat(), "to": clock.now().isoformat()}
        response = stranger.get(reverse(key), query, headers={"Authorization": world.basic})
    else:
        response = call(client, key, world.things, query=world.query(key))
    assert response.status_code < 500
    if response.streaming and key not in SAYS_NOTHING and not response.closed:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a file that is made beside the loop, read here in one go
            b"".join(response)


def test_whoever_reads_of_a_person_leaves_a_line(
    world: World, client_of: Callable[..., Client], stranger: Client, token_of: Callable[..., str]
) -> None:
    """Each is asked as an owner who is somebody else; a line of the first makes none of the second needless."""
    owner = client_of("owner")
    world.basic = "Basic " + b64encode(f"any:{token_of([*BASIC.values()])}".encode()).decode()
    found: dict[str, set[str]] = {}
    for key, page in asked():
        if key in READS:
            world.lines()
            read(owner, stranger, key, page, world)
            found.setdefault(key, set()).update(world.lines())
    silent = {key: sorted(scopes) for key, scopes in found.items() if READS[key] not in scopes}
    assert silent == {}, "these told of him and left no line of the scope that they are listed with"
