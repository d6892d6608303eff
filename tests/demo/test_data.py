"""What the demo organisation holds: made once, completed after a kill, nobody else's."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests import database

database.prepare()

from allconnects.accounts.access import SCOPES  # noqa: E402
from allconnects.accounts.tenancy import speaking_for  # noqa: E402
from allconnects.demo.data import access, days, history, members, stages  # noqa: E402
from allconnects.demo.data.devices import SILENT  # noqa: E402
from allconnects.demo.data.setting import Demo  # noqa: E402
from allconnects.demo.devices import demo_devices  # noqa: E402
from allconnects.telemetry.imports import services as imports  # noqa: E402

if TYPE_CHECKING:
    from allconnects.accounts.models import Account, Organisation

PASSWORD = "four lorries on a Monday"
_TENANT_TABLES = """
    SELECT c.table_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    JOIN pg_class k ON k.relname = c.table_name AND NOT k.relispartition
    WHERE c.table_schema = 'public' AND c.column_name = 'organisation_id' AND t.table_type = 'BASE TABLE'"""


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.fixture
def counts(owner_connection: psycopg.Connection[Any]) -> Callable[[Organisation], dict[str, int]]:
    """How many rows each table holds of an organisation."""

    def count(of: Organisation) -> dict[str, int]:
        tables = [name for (name,) in owner_connection.execute(_TENANT_TABLES)]
        assert len(tables) > 40
        found = {}
        for table in tables:
            query = psycopg.sql.SQL("SELECT count(*) FROM {} WHERE organisation_id = %s")
            row = owner_connection.execute(query.format(psycopg.sql.Identifier(table)), [of.pk]).fetchone()
            found[table] = row[0] if row else 0
        return {table: number for table, number in found.items() if number}

    return count


@pytest.fixture
def founded(
    organisation: Organisation, account_of: Callable[..., Account], owner_connection: psycopg.Connection[Any]
) -> access.Access:
    """A demo organisation as it is right after its founding."""
    owner_connection.execute("SELECT telemetry_make_partition(%s)", (datetime.now(UTC).date(),))
    # An identifier is free in one organisation only: those of the tests before give theirs back.
    owner_connection.execute(
        "UPDATE telemetry_device SET identifier = 'gone-' || id WHERE identifier = ANY(%s)",
        ([one.identifier for one in demo_devices()] + [SILENT[1]],),
    )
    return {"organisation": organisation.slug, "account": account_of("owner").email, "password": PASSWORD}


@pytest.fixture
def demo(organisation: Organisation, account_of: Callable[..., Account], founded: access.Access) -> Demo:
    """The same, with its owner."""
    from allconnects.accounts.models import Account

    return Demo(organisation, Account.objects.get(email=founded["account"]), PASSWORD)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The past of two vehicles is enough."""
    monkeypatch.setattr(days, "VEHICLES", (days.WEEKEND, days.LATE))


@pytest.mark.usefixtures("short")
def test_twice_gives_the_same(
    demo: Demo,
    tmp_path: Path,
    organisation: Organisation,
    founded: access.Access,
    counts: Callable[..., dict[str, int]],
) -> None:
    stages.make_missing(demo, tmp_path / "demo.json", founded)
    first = counts(organisation)
    assert first["fleet_vehicle"] == 20
    assert first["telemetry_position"] > 20_000
    stages.make_missing(demo, tmp_path / "demo.json", founded)
    assert counts(organisation) == first
    # The note of what was made is lost: the rows tell.
    stages.make_missing(demo, tmp_path / "demo.json", {**founded, "made": []})
    assert counts(organisation) == first


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("at", ["alerts", "presence", "register", "history"])
def test_killed_half_way_it_is_completed(
    at: str,
    demo: Demo,
    tmp_path: Path,
    organisation: Organisation,
    other_organisation: Organisation,
    founded: access.Access,
    counts: Callable[..., dict[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "demo.json"
    with monkeypatch.context() as patched:
        _kill_in(at, patched)
        with pytest.raises(Killed):
            stages.make_missing(demo, path, founded)
    noted = json.loads(path.read_text())
    assert at not in noted["made"]
    if at != "history":
        monkeypatch.setattr(history, "fill", lambda _demo: None)
    stages.make_missing(demo, path, noted)
    whole = counts(organisation)
    assert [whole[t] for t in ("fleet_vehicle", "fleet_person", "alerts_rule", "places_place")] == [20, 10, 8, 12]
    assert whole.get("telemetry_import", 0) == (3 if at == "history" else 0)
    assert "telemetry_importpiece" not in whole
    with speaking_for(organisation.pk):
        assert {row.stage for row in imports.imports()} <= {"done"}
    assert counts(other_organisation) == {}


def _kill_in(stage: str, patched: pytest.MonkeyPatch) -> None:
    """Let the stage do its work and die before the end of its transaction, or, of the history, between two slices."""

    def kill(*_arguments: Any) -> None:
        raise Killed

    if stage == "history":
        written = imports.advance

        def advance(number: int, _seconds: float) -> Any:
            if imports.one_import(number).done:
                raise Killed
            return written(number, 0.001)

        patched.setattr(imports, "advance", advance)
        return

    def make(demo: Demo, real: Callable[[Demo], None]) -> None:
        real(demo)
        kill()

    changed = tuple(
        replace(one, make=partial(make, real=one.make)) if one.name == stage else one for one in stages.STAGES
    )
    patched.setattr(stages, "STAGES", changed)


def test_what_people_threw_away_stays_away(
    demo: Demo,
    tmp_path: Path,
    organisation: Organisation,
    founded: access.Access,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from allconnects.alerts.models import Rule

    monkeypatch.setattr(history, "fill", lambda _demo: None)
    stages.make_missing(demo, tmp_path / "demo.json", founded)
    with speaking_for(organisation.pk):
        Rule.objects.all().delete()
    stages.make_missing(demo, tmp_path / "demo.json", json.loads((tmp_path / "demo.json").read_text()))
    with speaking_for(organisation.pk):
        assert not Rule.objects.exists()


def test_the_note_is_readable_by_nobody_else(tmp_path: Path) -> None:
    access.keep(tmp_path / "secrets" / "demo.json", {"made": []})
    assert stat.S_IMODE((tmp_path / "secrets" / "demo.json").stat().st_mode) == 0o600


def test_each_role_signs_in_with_the_password_of_the_owner(demo: Demo, organisation: Organisation) -> None:
    from allconnects.accounts.models import Membership

    with speaking_for(organisation.pk, demo.owner.pk):
        members.make(demo)
        members.make(demo)
        roles = Membership.objects.filter(organisation=organisation).values_list("role", flat=True)
        assert sorted(roles) == sorted(access.ROLES)
        for role in access.ROLES[1:]:
            assert members.account(demo, role).check_password(PASSWORD)


def test_the_token_reads_everything() -> None:
    assert {one for one in SCOPES if one.endswith(":read")} <= set(access.scopes()) <= set(SCOPES)


def _demo(organisation: Organisation, founded: datetime) -> Demo:
    organisation.created_at = founded
    return Demo(organisation, None, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "founded", [datetime(2026, 11, 27, 9, 40, 7, 5, tzinfo=UTC), datetime(2026, 10, 27, 1, tzinfo=UTC)]
)
def test_the_past_is_the_same_for_the_same_day_in_order_and_before_it(
    organisation: Organisation, founded: datetime
) -> None:
    """The second past holds the night on which an hour comes twice."""
    demo = _demo(organisation, founded)
    sent = list(days.past_days(demo))
    assert list(islice(days.past_days(demo), 500)) == sent[:500]
    late = list(days.late_day(demo))
    assert len(late) > 500
    assert not set(map(_key, late)) & set(map(_key, sent))
    for one in (sent, late, list(days.present(demo))):
        last: dict[str, int] = {}
        for identifier, position in one:
            assert position.time_ms is not None
            assert last.get(identifier, 0) < position.time_ms < founded.timestamp() * 1000
            last[identifier] = position.time_ms
        assert len(last) >= 1


def _key(sent: days.Sent) -> tuple[str, int | None]:
    return sent[0], sent[1].time_ms


def test_at_least_six_vehicles_drive_rest_at_the_weekend_and_one_idles(organisation: Organisation) -> None:
    demo = _demo(organisation, datetime(2026, 11, 27, 9, 40, tzinfo=UTC))
    names = {one.identifier: one.name for one in demo_devices()}
    moved: dict[str, set[Any]] = {}
    idled = timedelta()
    for identifier, position in days.past_days(demo):
        at = datetime.fromtimestamp((position.time_ms or 0) / 1000, UTC)
        if position.speed_kmh:
            moved.setdefault(names[identifier], set()).add(at.date())
        elif position.attributes["ignition"] and position.speed_kmh == 0:
            idled += timedelta(minutes=1)
    assert set(moved) == set(days.VEHICLES)
    weekend = {name for name, on in moved.items() if any(day.weekday() > 4 for day in on)}
    assert weekend == {days.WEEKEND}
    assert idled >= timedelta(minutes=25)


def test_the_odometer_never_falls_and_meets_the_live_one(organisation: Organisation) -> None:
    demo = _demo(organisation, datetime(2026, 11, 27, 9, 40, tzinfo=UTC))
    last: dict[str, float] = {}
    sent = [*days.past_days(demo), *days.present(demo)]
    for identifier, position in sent:
        odometer = float(str(position.attributes.get("odometer", 0)))
        assert odometer >= last.get(identifier, 0) - 1, identifier
        last[identifier] = odometer
