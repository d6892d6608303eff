"""A stay at a site that nobody closed is asked about once, and hours follow the answer until it is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from allconnects.kit import clock
from tests.reports.firm import Firm, at, days

Lines = Callable[..., list[dict[str, Any]]]
CAME, GONE, MONDAY = at("2026-10-09 07:00"), at("2026-10-12 06:30"), at("2026-10-12 08:00")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.fixture
def van(firm: Firm) -> tuple[int, int, Any]:
    """A van that Ann brought to a site on Friday, where it stood until Monday. Vehicle, device and person."""
    vehicle, device = firm.vehicle("Van 1")
    ann = firm.person("Ann", "Example")
    firm.occupancy(vehicle, ann, at("2026-10-09 06:30"), at("2026-10-09 07:02"))
    return vehicle, device, ann


@pytest.fixture
def look(organisation: Any) -> Callable[[], list[Any]]:
    """Ask, as the worker does each hour; what waits then."""
    from allconnects.accounts.tenancy import speaking_for
    from allconnects.fleet.services import inbox
    from allconnects.reports import unclosed

    def run() -> list[Any]:
        with speaking_for(organisation.pk):
            unclosed.ask(organisation.pk)
            return [one for one in inbox.waiting() if one.kind == "open_stay"]

    return run


@pytest.fixture
def hours(lines: Lines) -> Callable[[], tuple[float, int]]:
    """Hours at sites on Friday and what is missing, as the payroll clerk reads them."""

    def read() -> tuple[float, int]:
        month = lines("payroll-month", purpose="payroll", **days("2026-10-01", "2026-10-31"))
        return sum(row["site_s"] or 0 for row in month) / 3600, sum(row["missing"] or 0 for row in month)

    return read


@pytest.fixture
def planner(client_of: Callable[..., Client]) -> Client:
    return client_of("planner")


def decide(client: Client, question: int, choice: str, end: str = "") -> Any:
    return client.post(f"/register/inbox/{question}/", {"choice": choice, "end": end}, follow=True)


def test_it_is_asked_once_and_is_missing_once(firm: Firm, van: Any, look: Any, hours: Any) -> None:
    vehicle, device, ann = van
    firm.visit(device, firm.place("Quay"), CAME, GONE)
    (one,), again = look(), look()
    assert [other.pk for other in again] == [one.pk]
    assert (one.vehicle_id, one.person_id, one.during.lower, one.during.upper) == (vehicle, ann, CAME, GONE)
    assert hours() == (12, 1), "until the end of his working hours, and one thing is missing, not two"


def test_hours_follow_the_answer_and_its_taking_back(
    firm: Firm, van: Any, look: Any, hours: Any, planner: Client
) -> None:
    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    (one,) = look()
    page = planner.get("/register/inbox/").content.decode()
    assert "Ann Example" in page
    assert "Quay" in page
    decide(planner, one.pk, "left", "2026-10-09T15:30")
    assert (hours(), look()) == ((8.5, 0), [])
    assert b"Somebody has decided this already." in decide(planner, one.pk, "absent").content
    assert hours() == (8.5, 0), "decided once"
    back = f"/register/inbox/{one.pk}/back"
    assert back in planner.get("/register/inbox/").content.decode()
    planner.post(back)
    assert [other.pk for other in look()] == [one.pk]
    assert hours() == (12, 1)
    decide(planner, one.pk, "absent")
    assert (hours(), look()) == ((0, 0), [])


@pytest.mark.parametrize(
    ("choice", "end"),
    [
        ("left", ""), ("left", "2026-10-09T06:59"), ("left", "2026-10-12T06:31"), ("left", "2026-10-09T21:01"),
        ("end", "2026-10-09T15:30"), ("ignore", ""), ("driver", ""),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_changes_nothing(
    firm: Firm, van: Any, look: Any, hours: Any, planner: Client, choice: str, end: str
) -> None:
    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    (one,) = look()
    decide(planner, one.pk, choice, end)
    assert [other.pk for other in look()] == [one.pk]
    assert hours() == (12, 1)


def test_an_answer_holds_when_late_data_move_the_edges_of_the_stay(
    firm: Firm, van: Any, look: Any, hours: Any, planner: Client
) -> None:
    quay = firm.place("Quay")
    firm.visit(van[1], quay, CAME, GONE)
    decide(planner, look()[0].pk, "left", "2026-10-09T15:30")
    firm.owner.execute("DELETE FROM places_visit WHERE device_id = %s", (van[1],))
    firm.visit(van[1], quay, at("2026-10-09 07:03"), at("2026-10-09 12:00"))
    firm.visit(van[1], quay, at("2026-10-09 12:10"), GONE)
    firm.owner.execute(
        "UPDATE fleet_occupancy SET during = tstzrange(lower(during), %s) WHERE vehicle_id = %s",
        (at("2026-10-09 12:05"), van[0]),
    )
    assert look() == []
    assert hours() == (pytest.approx((4 * 60 + 57 + 3 * 60 + 20) / 60), 0)


def test_what_is_closed_meanwhile_waits_no_more(firm: Firm, van: Any, look: Any) -> None:
    vehicle, device, ann = van
    firm.visit(device, firm.place("Quay"), CAME, GONE)
    (one,) = look()
    firm.occupancy(vehicle, ann, at("2026-10-09 18:20"), at("2026-10-09 18:30"))
    assert look() == [], "a badge around the end of the day says when he left"
    firm.owner.execute("DELETE FROM fleet_occupancy WHERE lower(during) = %s", (at("2026-10-09 18:20"),))
    assert [other.pk for other in look()] == [one.pk]


def night_at_the_depot(firm: Firm, van: Any) -> None:
    firm.visit(van[1], firm.place("Depot", kind="depot"), at("2026-10-09 16:30"), GONE)
    firm.occupancy(van[0], van[2], at("2026-10-09 16:00"), at("2026-10-09 16:32"))


def gone_by_himself(firm: Firm, van: Any) -> None:
    firm.visit(van[1], firm.place("Quay"), CAME, at("2026-10-09 16:30"))


def long_ago(firm: Firm, van: Any) -> None:
    firm.visit(van[1], firm.place("Quay"), at("2026-10-01 07:00"), at("2026-10-02 07:00"))
    firm.occupancy(van[0], van[2], at("2026-10-01 06:30"), at("2026-10-01 07:02"))


def forgotten_badge(firm: Firm, van: Any) -> None:
    from psycopg.types.range import Range

    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    firm.put(
        "fleet_question", kind="no_out", key="1", vehicle_id=van[0], person_id=van[2], asked_at=MONDAY, decision="",
        during=Range(at("2026-10-09 06:30"), at("2026-10-09 20:30")),
    )  # fmt: skip


@pytest.mark.parametrize("known", [night_at_the_depot, gone_by_himself, long_ago, forgotten_badge])
def test_what_needs_no_answer_is_not_asked(firm: Firm, van: Any, look: Any, known: Any) -> None:
    known(firm, van)
    assert look() == []


def test_the_phone_answers_it_too(firm: Firm, van: Any, look: Any, hours: Any, planner: Client) -> None:
    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    (one,) = look()
    (told,) = planner.get("/manager/waiting.json").json()["questions"]
    assert (told["id"], told["site"], datetime.fromisoformat(told["until"])) == (one.pk, "Quay", GONE)
    body = {"act": "question", "question": one.pk, "choice": "left", "end": at("2026-10-09 15:30").isoformat()}
    for _ in range(2):
        answer = planner.post(
            "/manager/act", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": "k-1"}
        )
        assert answer.status_code == 201
    assert hours() == (8.5, 0)


def test_where_others_see_somebody_coarsely_the_site_is_not_named(
    firm: Firm, van: Any, look: Any, planner: Client
) -> None:
    from allconnects.telemetry.store.sight import set_sight

    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    look()
    with firm.owner.cursor() as cursor:
        set_sight(cursor, firm.organisation, str(van[2]), account=None, grid_e7=500_000, days=None)
    page = planner.get("/register/inbox/").content.decode()
    assert "Ann Example" in page
    assert "Quay" not in page
    (told,) = planner.get("/manager/waiting.json").json()["questions"]
    assert told["site"] == ""


def test_others_can_neither_answer_nor_take_back(
    firm: Firm, van: Any, look: Any, other_organisation: Any, client_of: Callable[..., Client], planner: Client
) -> None:
    firm.visit(van[1], firm.place("Quay"), CAME, GONE)
    (one,) = look()
    stranger = client_of("owner", other_organisation)
    decide(stranger, one.pk, "absent")
    assert [other.pk for other in look()] == [one.pk]
    decide(planner, one.pk, "absent")
    stranger.post(f"/register/inbox/{one.pk}/back")
    assert look() == []
