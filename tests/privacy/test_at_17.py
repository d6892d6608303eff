"""AT-17: private by device, phone or server: no coordinate of it is anywhere; only beginning, end and kilometres."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from allconnects.fleet.models import PrivateTime
from allconnects.fleet.private import button, feeding, planning, rules, switching
from allconnects.kit import clock
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.store.gate import set_input
from tests.privacy.driving import LAT, LON, Driving, all_week, moment, ms, receive
from tests.telemetry.store.hot import HOUR, NOON, at

BRUSSELS = ZoneInfo("Europe/Brussels")
MINUTE = 60_000


def there(time_ms: int, **attributes: Any) -> Position:
    """A fix at the place that nobody may learn."""
    return Position(time_ms, True, LAT, LON, 12.0, 30.0, 90.0, attributes)


def test_at_17_at_the_server(drive: Callable[..., Driving]) -> None:
    """The button: what was there goes, what comes does not come in, late or not, and over midnight too."""
    driven = drive(moment(NOON - 5 * HOUR))
    with clock.at(moment(NOON)), driven.speaking():
        all_week(driven)
        driven.yard.send(driven.device, there(NOON + MINUTE))
        assert driven.everywhere() == ["telemetry_live", "telemetry_position"], "the search finds what is there"
        button.press(driven.organisation.pk, driven.person.pk, moment(NOON))
    driven.refresh()
    night = NOON + 13 * HOUR
    driven.yard.send(driven.device, *(there(NOON + step * 10 * MINUTE) for step in range(90)), received=night)
    with clock.at(moment(night)), driven.speaking():
        assert button.release(driven.organisation.pk, driven.person.pk, moment(night)) == 1
    driven.refresh()
    driven.yard.send(driven.device, there(NOON + 12 * HOUR), there(NOON), received=night + 5 * HOUR)
    driven.yard.send(driven.device, at(night + MINUTE), received=night + 5 * HOUR)
    assert driven.everywhere() == []
    assert driven.yard.times(driven.device) == [night + MINUTE]
    with driven.speaking():
        one = PrivateTime.objects.get(person=driven.person)
    assert (one.start, one.end) == (moment(NOON), moment(night))


def test_at_17_at_the_device(drive: Callable[..., Driving], capfd: pytest.CaptureFixture[str]) -> None:
    """A switch in the van: the report that says so is not written, nor is what follows, until it is off."""
    driven = drive(moment(NOON - 5 * HOUR))
    with driven.speaking():
        from django.db import connection

        set_input(connection.cursor(), driven.organisation.pk, driven.device.id, "in1")
    driven.refresh()
    before = [at(NOON - MINUTE, in1=False, odometer=1_000_000)]
    receive(driven, *before, there(NOON, in1=True), there(NOON + MINUTE, in1=True))
    assert driven.everywhere() == []
    receive(driven, there(NOON + 2 * MINUTE), there(NOON + 3 * MINUTE, in1=True))
    receive(driven, at(NOON + 30 * MINUTE, in1=False, odometer=1_024_000), at(NOON + 31 * MINUTE, in1=False))
    receive(driven, there(NOON + 10 * MINUTE))  # late, and without a word of the switch
    assert driven.everywhere() == []
    assert driven.yard.times(driven.device) == [NOON + m * MINUTE for m in (-1, 30, 31)]
    with clock.at(moment(NOON + HOUR)), driven.speaking():
        assert switching.write_down(driven.organisation.pk) == 1
        assert switching.write_down(driven.organisation.pk) == 0
        switching.measure(driven.organisation.pk)
        one = PrivateTime.objects.get(person=driven.person)
    assert (one.start, one.end, one.how) == (moment(NOON), moment(NOON + 30 * MINUTE), "input")
    assert one.distance_m == 24_000
    assert "50.123" not in "".join(capfd.readouterr())


def test_at_17_a_late_report_of_the_switch_makes_no_more_private_than_it_knows(drive: Callable[..., Driving]) -> None:
    driven = drive(moment(NOON - 5 * HOUR))
    with driven.speaking():
        from django.db import connection

        set_input(connection.cursor(), driven.organisation.pk, driven.device.id, "in1")
    driven.refresh()
    receive(driven, at(NOON + HOUR, in1=False))
    receive(driven, there(NOON, in1=True), at(NOON + 5 * MINUTE, in1=False), at(NOON + 6 * MINUTE, in1=False))
    receive(driven, at(NOON + HOUR + MINUTE, in1=False))
    assert driven.yard.times(driven.device) == [NOON + m * MINUTE for m in (5, 6, 60, 61)]


def test_at_17_at_the_phone(drive: Callable[..., Driving]) -> None:
    """Pressed without network: it counts from when it was pressed."""
    now = clock.now()
    driven = drive(now - timedelta(hours=2))
    with driven.speaking():
        all_week(driven)
    pressed = now - timedelta(minutes=20)
    driven.yard.send(driven.device, at(ms(now) - 30 * MINUTE), there(ms(now) - 10 * MINUTE), received=ms(now))
    phone = Client(SERVER_NAME="localhost")
    phone.force_login(driven.account)
    answer = phone.post(
        "/driver/private/", {"action": "begin", "at": pressed.isoformat()}, headers={"Accept": "application/json"}
    )
    assert answer.json() == {"state": "private"}
    assert driven.everywhere() == []
    assert driven.yard.times(driven.device) == [ms(now) - 30 * MINUTE]
    stale = phone.post("/driver/private/", {"action": "end", "at": (now - timedelta(days=2)).isoformat()}, follow=True)
    assert "too long ago" in stale.content.decode()
    assert "Private time has ended" in phone.post("/driver/private/", {"action": "end"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 9), (date(2027, 3, 28), 7), (date(2027, 3, 21), 8)],
    ids=["the hour that comes twice", "the hour that is missing", "a plain night"],
)  # fmt: skip
def test_at_17_a_night_shift_ends_by_the_clock_on_the_wall(
    drive: Callable[..., Driving], day: date, hours: int
) -> None:
    """Saturday 22:00 to Sunday 6:00, across midnight and the change of clocks: recorded then and then only."""
    begins = datetime.combine(day - timedelta(days=1), time(22), BRUSSELS)
    ends = datetime.combine(day, time(6), BRUSSELS)
    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=hours)
    driven = drive(begins - timedelta(days=2))
    with clock.at(begins.astimezone(UTC) - timedelta(days=1)), driven.speaking():
        planning.set_hours(driven.organisation.pk, driven.person, {5: [(time(22), time(6))]})
        assert feeding.refresh(driven.organisation.pk) == 0, "nothing is left to do"
    second = timedelta(seconds=1)
    assert [driven.records(one.astimezone(UTC)) for one in (begins, begins + 3 * second)] == [True, True]
    assert driven.records(ends.astimezone(UTC) - second)
    assert not driven.records(begins.astimezone(UTC) - second)
    assert not driven.records(ends.astimezone(UTC))


def test_at_17_hours_of_a_week_are_what_a_plain_look_at_the_clock_says() -> None:
    start, end = datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)
    hours = lambda day: rules.WEEK.get(day.weekday(), ())  # noqa: E731
    spans = rules.working(hours, [(date(2026, 11, 4), date(2026, 11, 5))], start, end)
    one = start
    while one < end:
        wall = one.astimezone(BRUSSELS)
        away = wall.date() in (date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 11))
        expected = wall.weekday() < 5 and 6 <= wall.hour < 19 and not away
        assert any(a <= one < b for a, b in spans) == expected, wall
        one += timedelta(minutes=30)
