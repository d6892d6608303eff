"""What a shared link shows, to whom and how long; and above all what it does not."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.test import Client

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from allconnects.accounts.models import Account, Organisation

Owner = psycopg.Connection[Any]
LAT, LON = 508_123_456, 43_512_345


@pytest.fixture
def device(owner_connection: Owner, organisation: Organisation) -> Callable[..., int]:
    """``device(fixed_s, …)``: a vehicle whose latest fix is so many seconds from now."""

    def make(fixed_s: float | None = 0.0, kind: str = "vehicle", of: int | None = None) -> int:
        pk = of or organisation.pk
        row = owner_connection.execute(
            "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
            "VALUES (%s, 'Van of Anna', %s, %s, '', '', now()) RETURNING id",
            (pk, kind, secrets.token_hex(8)),
        ).fetchone()
        assert row is not None
        if fixed_s is not None:
            fix(owner_connection, pk, row[0], fixed_s)
        number: int = row[0]
        return number

    return make


def fix(owner: Owner, organisation: int, device: int, fixed_s: float) -> None:
    owner.execute(
        "INSERT INTO telemetry_live (organisation_id, device_id, report_at, fix_time, lat_e7, lon_e7, speed_kmh, "
        "course_deg) VALUES (%s, %s, now(), now() + %s * interval '1 second', %s, %s, 50, 90) "
        "ON CONFLICT (organisation_id, device_id) DO UPDATE SET fix_time = excluded.fix_time",
        (organisation, device, fixed_s, LAT, LON),
    )


@pytest.fixture
def share(organisation: Organisation, account_of: Callable[..., Account]) -> Callable[..., str]:
    """``share([devices], …)``: the secret of a new link."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.products.live_connects.shares import make_share

    def make(
        devices: list[int], hours: float = 2, with_name: bool = False, precision: str = "exact", begins_h: float = 0
    ) -> str:
        begins = clock.now() + timedelta(hours=begins_h)
        with speaking_for(organisation.pk):
            _, secret = make_share(
                organisation, account_of("planner"), "Delivery", devices, begins, begins + timedelta(hours=hours),
                with_name=with_name, precision=precision,
            )  # fmt: skip
        return secret

    return make


def plain(page: bytes) -> bytes:
    """A page without what differs by itself: its own address and the token of its forms."""
    return re.sub(rb'value="[^"]*"', b"", page)


def first(secret: str) -> tuple[str, Any]:
    """The first event that the stream of a link tells."""
    from allconnects.products.live_connects import share_pages, shares

    link = shares.find(secret)

    async def read() -> bytes:
        async with aclosing(share_pages.watch(link)) as stream:
            return await asyncio.wait_for(anext(stream), PATIENCE_S)

    head, data = asyncio.run(read()).decode().strip().split("\n")
    return head.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_position_only_says_neither_name_nor_speed_nor_number(share: Any, device: Any) -> None:
    number = device(5)
    event, shown = first(share([number]))
    assert event == "places"
    assert set(shown[0]) == {"id", "kind", "name", "state", "at", "time", "course"}
    assert (shown[0]["id"], shown[0]["name"]) == (1, "")
    assert shown[0]["at"] == [50.81235, 4.35123]
    assert "Anna" not in json.dumps(shown)


def test_with_name_says_the_name(share: Any, device: Any) -> None:
    assert first(share([device(5)], with_name=True))[1][0]["name"] == "Van of Anna"


@pytest.mark.parametrize(("precision", "at"), [("street", [50.812, 4.352]), ("town", [50.82, 4.36])])
def test_a_coarse_link_rounds_places_and_hides_the_course(share: Any, device: Any, precision: str, at: Any) -> None:
    shown = first(share([device(5)], precision=precision))[1][0]
    assert shown["at"] == pytest.approx(at)
    assert shown["course"] is None


def test_nothing_of_before_the_beginning(
    share: Any, device: Any, owner_connection: Owner, organisation: Organisation
) -> None:
    number = device(-1)
    secret = share([number])
    shown = first(secret)[1][0]
    assert shown["at"] is None
    assert "time" not in shown
    fix(owner_connection, organisation.pk, number, 1)
    assert first(secret)[1][0]["at"] is not None


def test_a_beginning_in_the_past_becomes_now(share: Any, device: Any) -> None:
    assert first(share([device(-60)], begins_h=-1, hours=3))[1][0]["at"] is None


@pytest.mark.parametrize(
    "change",
    [
        "revoked_at = now()",
        "begins_at = now() - interval '2 days', ends_at = now() - interval '1 second'",
        "begins_at = now() + interval '1 hour', ends_at = now() + interval '2 hours'",
    ],
)
def test_revoked_over_or_not_begun_looks_like_never_was(
    share: Any, device: Any, stranger: Client, owner_connection: Owner, change: str
) -> None:
    from allconnects.products.live_connects.shares import digest

    secret = share([device(5)])
    never = stranger.get("/s/" + secrets.token_urlsafe(24))
    assert stranger.get(f"/s/{secret}").status_code == 200
    owner_connection.execute(f"UPDATE live_share SET {change} WHERE token_hash = %s", (digest(secret),))
    ended = stranger.get(f"/s/{secret}")
    assert (ended.status_code, never.status_code) == (404, 404)
    assert plain(ended.content) == plain(never.content)
    for path in ("style.json", "tiles/0/0/0", "stream"):
        assert stranger.get(f"/s/{secret}/{path}").status_code == 404


def test_an_open_page_hears_that_the_link_has_ended(
    share: Any, device: Any, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from allconnects.products.live_connects import share_pages, shares

    monkeypatch.setattr(share_pages, "TICK_S", 0.05)
    secret = share([device(5)])
    link = shares.find(secret)

    async def read() -> list[bytes]:
        async with aclosing(share_pages.watch(link)) as stream:
            heard = [await anext(stream)]
            owner_connection.execute("UPDATE live_share SET revoked_at = now() WHERE id = %s", (link.id,))
            return heard + [piece async for piece in stream if piece.startswith(b"event")]

    events = asyncio.run(asyncio.wait_for(read(), PATIENCE_S))
    assert events[-1] == b"event: end\ndata: {}\n\n"
    assert share_pages._open_streams == 0


@pytest.mark.parametrize("kind", ["phone"])
def test_a_phone_is_refused(share: Any, device: Any, kind: str) -> None:
    with pytest.raises(InvalidInput):
        share([device(5, kind=kind)])


def test_what_a_person_carries_is_refused_and_leaves_a_link_that_showed_it(
    share: Any, device: Any, owner_connection: Owner, organisation: Organisation
) -> None:
    carried, other = device(5), device(5)
    secret = share([carried, other])
    assert len(first(secret)[1]) == 2
    carry(owner_connection, organisation.pk, carried)
    assert [one["id"] for one in first(secret)[1]] == [1], "the other one is left"
    with pytest.raises(InvalidInput):
        share([carried])


def carry(owner: Owner, organisation: int, device: int) -> None:
    """Let a person carry a device from now on; only what the database insists on."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.models import Installation, Person

    with speaking_for(organisation):
        person = Person(organisation_id=organisation, first_name="Test", last_name="Person")
        person.save()
        Installation.objects.create(
            organisation_id=organisation, device_id=device, person=person,
            during=(clock.now() - timedelta(minutes=1), None),
        )  # fmt: skip


def test_another_tenants_devices_cannot_be_shared(share: Any, device: Any, other_organisation: Organisation) -> None:
    with pytest.raises(NotFound):
        share([device(5, of=other_organisation.pk)])


@pytest.mark.parametrize("hours", [0, -1, 14 * 24 + 1])
def test_a_link_ends_after_it_begins_and_within_two_weeks(share: Any, device: Any, hours: float) -> None:
    with pytest.raises(InvalidInput):
        share([device()], hours=hours)


def test_openings_are_counted_without_who(share: Any, device: Any, stranger: Client, owner_connection: Owner) -> None:
    from allconnects.products.live_connects.shares import digest

    secret = share([device(5)])
    for _ in range(2):
        assert stranger.get(f"/s/{secret}").status_code == 200
    row = owner_connection.execute(
        "SELECT opened, opened_at IS NOT NULL, token_hash FROM live_share WHERE token_hash = %s", (digest(secret),)
    ).fetchone()
    assert row == (2, True, digest(secret))


def test_the_page_keeps_its_address_to_itself(share: Any, device: Any, stranger: Client) -> None:
    answer = stranger.get(f"/s/{share([device(5)])}")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert b"Anna" not in answer.content


def test_a_link_is_made_shown_once_and_ended_by_its_page(client_of: Callable[..., Client], device: Any) -> None:
    client, number = client_of("planner"), device(5)
    data = {"title": "Site north", "devices": [number], "hours": 8, "precision": "street"}
    assert client.post("/shares/", data).headers["Location"] == "/shares/", "loading it again makes no second link"
    made = client.get("/shares/")
    address = made.context["address"]
    assert address.encode() in made.content
    assert address.encode() not in client.get("/shares/").content
    pk = made.context["shares"][0].pk
    path = address.removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    client.post(f"/shares/{pk}/revoke/")
    assert client.get(path).status_code == 404
