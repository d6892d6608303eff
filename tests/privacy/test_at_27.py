"""AT-27, AT-28: national numbers stand nowhere in the clear, are used by the listed connectors only, and say nothing
to who has the databases but not the root key."""

from __future__ import annotations

import ast
import copy
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.fleet.models import Person
from allconnects.kit import clock, config, db
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.numbers import rules, service, uses
from allconnects.privacy.vault import KeyDestroyed, KeyRestricted, open_vault, person
from allconnects.privacy.vault.backup import backup, restore
from tests.privacy.numbers import NUMBERS, OTHER, PLANTED, made
from tests.privacy.scan import rows_with

SOURCE = Path(service.__file__).parents[2]
RSZ = "rsz.presence"


# The rules.


@given(NUMBERS, st.sampled_from(("", " ", ".", "-")))
def test_every_number_is_known_however_it_is_written(number: str, between: str) -> None:
    written = between.join((number[:2], number[2:4], number[4:6], number[6:9], number[9:]))
    assert rules.normal(written) == number


@given(NUMBERS, st.integers(0, 10), st.integers(1, 9))
def test_a_wrong_digit_is_noticed_within_a_century(number: str, place: int, more: int) -> None:
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    fits = [century for century in (19, 20) if rules.check_digits(wrong[:9], century) == wrong[9:]]
    was = [century for century in (19, 20) if rules.check_digits(number[:9], century) == number[9:]]
    assert not set(fits) & set(was)


@pytest.mark.parametrize("wrong", ["", "1", "85073098799", "85130112345", "85073012345x", "٨٥٠٧٣٠٩٨٧٩٩", "0" * 11])
def test_what_is_none_is_refused(wrong: str) -> None:
    assert rules.normal(wrong) is None


def test_vectors() -> None:
    """Numbers worked out by hand from the rule: 850730033 leaves 69 by 97, 2 and 170730033 leave 13."""
    assert rules.check_digits("850730033", 19) == f"{97 - 850730033 % 97:02d}" == "28"
    assert rules.check_digits("170730033", 20) == f"{97 - 2170730033 % 97:02d}" == "84"
    assert rules.normal("85.07.30-033.28") == "85073003328"
    assert rules.normal("17.07.30-033.84") == "17073003384"


@given(NUMBERS, st.text(alphabet="ab .,:;", max_size=20), st.text(alphabet="ab ,:;", max_size=20))
def test_a_text_is_scrubbed(number: str, before: str, after: str) -> None:
    shown = rules.scrubbed(
        f"{before} {number}{after} {number[:2]}.{number[2:4]}.{number[4:6]}-{number[6:9]}.{number[9:]}"
    )
    assert number not in shown
    assert rules.found_in(shown) == []


def test_a_number_does_not_print() -> None:
    number = service.Number(PLANTED)
    assert PLANTED not in f"{number} {number!r} {number!s} {[number]} {number:>20} " + "%s" % number  # noqa: UP031
    for sender in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            sender(number)
    assert number.digits() == PLANTED


# The store.


@pytest.fixture(autouse=True, scope="module")
def whole_log(database: None) -> Iterator[None]:
    """What this process has counted is written before the database of the run ends."""
    yield
    open_vault().close()


@pytest.fixture
def somebody(organisation: Organisation) -> UUID:
    with speaking_for(organisation.pk):
        return Person.objects.create(organisation=organisation, first_name="Ann", last_name="Example").pk


def entry(owner: psycopg.Connection[Any], somebody: UUID) -> list[Any]:
    with psycopg.connect(db.vault_admin_conninfo()) as connection:
        return connection.execute("SELECT * FROM vault_number WHERE person = %s", (somebody,)).fetchall()


def test_the_page_takes_a_number_and_never_gives_it_back(
    organisation: Organisation, somebody: UUID, client_of: Callable[..., Client], caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str], owner_connection: psycopg.Connection[Any],
) -> None:  # fmt: skip
    manager = client_of("manager")
    page, number = f"/register/people/{somebody}/", f"/register/people/{somebody}/number/"
    with caplog.at_level(logging.DEBUG):
        wrong = PLANTED[:-2] + f"{(int(PLANTED[-2:]) + 1) % 97:02d}"
        assert manager.post(number, {"number": wrong}).status_code == 302
        refused = manager.get(page).content.decode()
        assert manager.post(number, {"number": f"85.07.30-{PLANTED[6:9]}.{PLANTED[9:]}"}).status_code == 302
        told = manager.get(page).content.decode()
    assert "check digits" in refused
    assert "•••••••••••" in told
    written = [caplog.text, *capfd.readouterr(), refused, told]
    assert not [text for text in written if any(one in text for one in (PLANTED, wrong, PLANTED[:6], "85.07.30"))]
    assert "•••••••••••" not in client_of("planner").get(page).content.decode()
    for path in ("export.csv", "export.xlsx", ""):
        assert PLANTED.encode() not in manager.get(f"/register/people/{path}").content
    (row,) = entry(owner_connection, somebody)
    assert PLANTED.encode() not in bytes(row[2]) + bytes(row[3])
    assert rows_with(PLANTED) == []
    manager.post(number, {"act": "forget"})
    assert entry(owner_connection, somebody) == []


def test_the_data_folder_and_logs_hold_no_number(organisation: Organisation, somebody: UUID) -> None:
    """Plain, in base 64 or as hex: in no file of databases, write-ahead log, server log or program."""
    service.enter(organisation.pk, somebody, PLANTED)
    with pytest.raises(InvalidInput):
        service.enter(organisation.pk, uuid4(), PLANTED)
    if not config.current().database_url:  # on a server the files are not ours to look at
        with psycopg.connect(db.vault_admin_conninfo(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
    needles = [PLANTED.encode(), PLANTED.encode().hex().encode()]
    found = [str(path) for path in config.current().home.rglob("*") if _holds(path, needles)]
    assert found == []
    if not config.current().database_url:
        plain = [organisation.slug.encode()]
        assert any(_holds(path, plain) for path in config.current().home.rglob("*")), "the search finds what is there"


def _holds(path: Path, needles: list[bytes]) -> bool:
    try:
        return path.is_file() and any(needle in path.read_bytes() for needle in needles)
    except OSError:
        return False


def test_one_number_is_one_persons(
    organisation: Organisation, other_organisation: Organisation, somebody: UUID
) -> None:
    service.enter(organisation.pk, somebody, OTHER)
    with pytest.raises(InvalidInput) as refused:
        service.enter(organisation.pk, uuid4(), OTHER)
    assert OTHER not in str(refused.value)
    service.enter(other_organisation.pk, uuid4(), OTHER)
    assert set(service.entered(organisation.pk, [somebody, uuid4()])) == {somebody}
    assert service.entered(other_organisation.pk, [somebody]) == {}


def test_only_the_listed_connector_uses_it_and_each_use_is_told(organisation: Organisation, somebody: UUID) -> None:
    with pytest.raises(NotFound):
        service.use(organisation.pk, somebody, connector=RSZ, reference="case-1")
    service.enter(organisation.pk, somebody, PLANTED)
    for connector in ("payroll", "", "rsz"):
        with pytest.raises(Forbidden):
            service.use(organisation.pk, somebody, connector=connector, reference="case-1")
    with pytest.raises(InvalidInput):
        service.use(organisation.pk, somebody, connector=RSZ, reference="for Ann Example")
    assert service.used(organisation.pk, somebody) == []
    assert service.use(organisation.pk, somebody, connector=RSZ, reference="case-1").digits() == PLANTED
    (told,) = service.used(organisation.pk, somebody)
    assert (told.connector, told.reference, told.who) == (RSZ, "case-1", "process:web")


def test_no_use_before_its_law(organisation: Organisation, somebody: UUID) -> None:
    assert not uses.allowed(RSZ, date(2014, 3, 31))
    assert uses.allowed(RSZ, date(2014, 4, 1))


def test_a_use_that_cannot_be_logged_does_not_take_place(
    organisation: Organisation, somebody: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.enter(organisation.pk, somebody, PLANTED)
    monkeypatch.setattr(service, "_USE", "SELECT 1 / 0 WHERE %s::text || %s || %s || %s || %s || %s <> ''")
    with pytest.raises(psycopg.Error):
        service.use(organisation.pk, somebody, connector=RSZ, reference="case-1")


def test_restricted_and_destroyed_numbers_are_not_used(organisation: Organisation, somebody: UUID) -> None:
    vault, whom = open_vault(), person(somebody)
    service.enter(organisation.pk, somebody, PLANTED)
    vault.set_state(organisation.pk, whom, "restricted", who="process:test", reason="case-1")
    with pytest.raises(KeyRestricted):
        service.use(organisation.pk, somebody, connector=RSZ, reference="case-1")
    vault.destroy(organisation.pk, whom, who="process:test", reason="case-1")
    assert service.entered(organisation.pk, [somebody]) == {}, "the keyed hash goes with the key"
    with pytest.raises(KeyDestroyed):
        service.enter(organisation.pk, somebody, PLANTED)


def test_a_backup_of_the_vault_has_the_numbers_and_those_destroyed_since_stay_away(
    organisation: Organisation, tmp_path: Path
) -> None:
    vault, (kept, gone) = open_vault(), (uuid4(), uuid4())
    service.enter(organisation.pk, kept, PLANTED)
    service.enter(organisation.pk, gone, OTHER)
    with vault.session() as connection:
        backup(connection, vault.root, tmp_path / "b")
    assert PLANTED.encode() not in (tmp_path / "b").read_bytes()
    vault.destroy(organisation.pk, person(gone), who="process:test", reason="case-1")
    service.forget(organisation.pk, kept)
    with vault.session() as connection:
        restore(connection, vault.root, vault.ledger, tmp_path / "b")
    assert set(service.entered(organisation.pk, [kept, gone])) == {kept}
    assert service.use(organisation.pk, kept, connector=RSZ, reference="r").digits() == PLANTED


# AT-28.


def test_at_28_who_has_both_databases_finds_no_number(organisation: Organisation, somebody: UUID) -> None:
    """The whole space of numbers can be hashed in seconds: what stands in the database must not be such a hash.

    The attacker knows the scheme and every column, and tries the right number among others; without the vault's
    secret, which is wrapped by the root key outside both databases, no hash equals the one that stands there.
    """
    service.enter(organisation.pk, somebody, PLANTED)
    with psycopg.connect(db.vault_admin_conninfo()) as connection:
        dump: list[Any] = []
        for table in ("vault_meta", "vault_number", "vault_key"):
            dump += connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
        finder = connection.execute("SELECT finder FROM vault_number WHERE person = %s", (somebody,)).fetchone()
    assert finder is not None
    known = {bytes(value) for row in dump for value in row if isinstance(value, bytes)}
    guesses = [PLANTED, *(made(date(1985, 7, day), 987) for day in range(1, 31))]
    keys_tried = [b"", bytes(32), *known]
    from allconnects.privacy.vault import keys as vault_keys

    tried = {
        vault_keys.tag(key[:32], "allconnects", "national number", organisation.pk, guess)
        for key in keys_tried
        for guess in guesses
    }
    assert bytes(finder[0]) not in tried
    root = config.current().vault_root
    assert config.current().home not in root.parents
    assert open_vault().tag("national number", organisation.pk, PLANTED) == bytes(finder[0]), "the test can fail"


def test_only_listed_modules_ask_for_numbers() -> None:
    listed = tuple(one.module.replace(".", "/").removeprefix("allconnects/") for one in uses.uses())
    asking = []
    for path in SOURCE.rglob("*.py"):
        name = str(path.relative_to(SOURCE))
        if name.startswith(("privacy/numbers/", *listed)):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "digits"
                and isinstance(node.ctx, ast.Load)
                and "number" in ast.unparse(node)
            ):
                asking.append(f"{name}: digits")
            if isinstance(node, ast.ImportFrom) and node.module == "allconnects.privacy.numbers.service":
                asking += [f"{name}: {one.name}" for one in node.names if one.name == "use"]
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("numbers.use", "numbers.service.use"):
                asking.append(f"{name}: use")
    assert asking == []


def test_a_payment_card_is_in_no_column(organisation: Organisation) -> None:
    """There is nothing that takes one yet; whoever adds it is found by the number that everybody tests with."""
    assert rows_with("4111111111111111") == []


def test_the_clock_of_entries_is_ours(organisation: Organisation, somebody: UUID) -> None:
    service.enter(organisation.pk, somebody, PLANTED)
    assert abs((service.entered(organisation.pk, [somebody])[somebody] - clock.now()).total_seconds()) < 60
