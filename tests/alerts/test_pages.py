"""The pages of alerts: the editor, the trial, the inbox with many at once, and lists within their budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from allconnects.alerts.models import Alert, Handling, Rule
from tests.alerts.conftest import NOON, Fleet, minutes

FORM = {
    "name": "Fast", "kind": "speeding", "number": "90", "minutes": "0", "when": "any", "severity": "warning",
    "roles": ["manager"], "channels": ["app"], "start": "06:00", "until": "19:00", "weekdays": ["0", "1"],
}  # fmt: skip


@pytest.fixture
def manager(client_of: Callable[..., Client]) -> Client:
    return client_of("manager")


def test_a_rule_is_made_tried_changed_and_switched_on(fleet: Fleet, manager: Client) -> None:
    device = fleet.device("Van 7")
    with fleet.at(NOON):
        pass
    response = manager.post(reverse("alerts:add"), FORM)
    with fleet.at(NOON):
        rule = Rule.objects.get()
    assert response.headers["Location"] == reverse("alerts:try", args=[rule.pk])
    assert (rule.params["number"], rule.state, rule.params["hours"]["weekdays"]) == (90.0, "draft", [0, 1])
    assert b"0 of" not in manager.get(response.headers["Location"]).content
    assert device
    page = manager.get(reverse("alerts:edit", args=[rule.pk])).content.decode()
    assert 'value="90.0"' in page or 'value="90"' in page
    changed = {**FORM, "name": "Faster", "number": "100", "version": "1"}
    assert manager.post(reverse("alerts:edit", args=[rule.pk]), changed).status_code == 302
    stale = manager.post(reverse("alerts:edit", args=[rule.pk]), changed)
    assert b"Somebody else changed this rule" in stale.content
    manager.post(reverse("alerts:switch", args=[rule.pk]), {"state": "on"})
    listed = manager.get(reverse("alerts:rules")).content.decode()
    assert "drives faster than 100 km/h" in listed
    assert "Pause" in listed


def test_impossible_rules_are_said_in_one_sentence(fleet: Fleet, manager: Client) -> None:
    for wrong in ({"number": "9000"}, {"kind": "entered"}, {"where": "at"}, {"quiet_start": "22:00"}):
        response = manager.post(reverse("alerts:add"), {**FORM, **wrong})
        assert response.status_code == 200
        assert b"alert-danger" in response.content, wrong
    with fleet.at(NOON):
        assert not Rule.objects.exists()


def filled(fleet: Fleet, rule: Rule, count: int) -> list[int]:
    with fleet.at(NOON):
        rows = [
            Alert(
                organisation=fleet.organisation, rule=rule, device=n, subject=f"device:{n}", subject_name=f"Van {n}",
                start_at=NOON - minutes(n), raised_at=NOON, notified=True,
            )
            for n in range(count)
        ]  # fmt: skip
        return [one.pk for one in Alert.objects.bulk_create(rows, batch_size=2000)]


def test_many_are_taken_on_at_once_and_the_filter_finds_them(
    fleet: Fleet, manager: Client, make_rule: Callable[..., Any]
) -> None:
    numbers = filled(fleet, make_rule(), 60)
    response = manager.post(reverse("alerts:act"), {"action": "acknowledge", "ids": numbers, "next": "/alerts/"})
    assert response.headers["Location"] == "/alerts/"
    with fleet.at(NOON):
        assert Alert.objects.filter(handling=Handling.ACKNOWLEDGED).count() == 60
    first = manager.get("/alerts/?handling=acknowledged").content.decode()
    assert first.count('class="list-group-item alerts-row') == 50
    assert "cursor=" in first
    assert manager.get("/alerts/?q=Van+59").content.decode().count("alerts-row") == 1
    elsewhere = manager.post(
        reverse("alerts:act"), {"action": "resolve", "ids": numbers[:1], "next": "https://evil.example.org/"}
    )
    assert elsewhere.headers["Location"] == "/alerts/"


def test_the_inbox_of_ten_thousand_asks_few_queries(
    fleet: Fleet, manager: Client, make_rule: Callable[..., Any]
) -> None:
    filled(fleet, make_rule(), 10_000)
    manager.get("/alerts/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert manager.get("/alerts/").status_code == 200
    assert len(few) <= 12


def test_pages_of_the_api_follow_each_other(fleet: Fleet, manager: Client, make_rule: Callable[..., Any]) -> None:
    filled(fleet, make_rule(), 25)
    seen, cursor = [], ""
    while True:
        page = manager.get("/api/v1/alerts", {"limit": 10, "cursor": cursor}).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 25
    assert manager.get("/api/v1/alerts", {"cursor": "nonsense"}).status_code == 422
