"""AT-52: a firm of ten gets no heat map of its people, no ranking, and no look into one person's past by a button."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.test import Client

import allconnects
from allconnects.accounts.models import Organisation
from allconnects.privacy.registry import gates
from allconnects.privacy.statistics import release
from allconnects.reports.catalogue import reports
from tests.privacy.registers import SAFETY, on

ROOT = Path(allconnects.__file__).parent


def test_at_52_a_heat_map_of_ten_people_shows_nothing() -> None:
    """Ten people, each in places of his own and once at the depot: only the depot has ten behind it, and it goes with
    nothing hidden alone."""
    rows = [(f"{person}-{place}", str(person)) for person in range(10) for place in range(5)]
    assert release(rows).cells == {}
    nine = [("depot", str(person)) for person in range(9)]
    assert release([*rows, *nine]).cells == {}


def test_at_52_ranking_of_behaviour_is_off_by_default(
    organisation: Organisation, client_of: Callable[..., Client]
) -> None:
    with on(organisation) as pk:
        assert SAFETY not in gates.purposes_on(pk)
    page = client_of("owner").get("/reports/run/speed/").content.decode()
    assert 'value="road_safety"' not in page


def test_at_52_no_report_sorts_people_by_how_they_drive() -> None:
    """A score or rank of people would be a column of a report; none has one, and none is grouped to make one."""
    words = re.compile(r"\b(score|rank|ranking|top_drivers|heat_?map)\b", re.IGNORECASE)
    for report in reports().values():
        assert not [column.key for column in report.columns if words.search(column.key)], report.key
        assert not words.search(report.key)


def test_at_52_an_incident_is_declared_by_managers_only_and_said_so_each_time(
    client_of: Callable[..., Client],
) -> None:
    asked = {"purpose": "security_incident", "period": "last_week"}
    assert client_of("planner").get("/reports/run/speed/", asked).status_code == 403
    assert client_of("manager").get("/reports/run/speed/", asked).status_code == 200
