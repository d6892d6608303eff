"""Files of many rows: judged as each row alone would be, carried out whole or not at all, only as they were shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import database

database.prepare()

from allconnects.accounts.tenancy import speaking_for  # noqa: E402
from allconnects.fleet import files, history  # noqa: E402
from allconnects.fleet.judging import Judge  # noqa: E402
from allconnects.fleet.kinds import KINDS, MATERIAL, PERSON, VEHICLE  # noqa: E402
from allconnects.fleet.models import Change, Material, Upload, Vehicle  # noqa: E402
from allconnects.fleet.models.record import Stage  # noqa: E402
from allconnects.fleet.services import register, uploads  # noqa: E402
from allconnects.fleet.sheets import read  # noqa: E402
from allconnects.fleet.who import Who  # noqa: E402
from allconnects.kit import clock  # noqa: E402
from allconnects.privacy.erasure import marks  # noqa: E402
from allconnects.privacy.vault import open_vault  # noqa: E402

Make = Callable[..., Any]
MANY = 600
"""More than is done while somebody waits."""


def vans(count: int, brand: str = "Ford") -> bytes:
    return b"name;plate;brand\n" + b"".join(b"Van %d;1-V-%d;%s\n" % (n, n, brand.encode()) for n in range(count))


@pytest.fixture
def manager(client_of: Any) -> Client:
    client: Client = client_of("manager")
    return client


@pytest.fixture
def sent(manager: Client, organisation: Any) -> Callable[..., Any]:
    """``sent(data)``: a file that the manager has sent, as its row."""

    def send(data: bytes, path: str = "vehicles") -> Any:
        answer = manager.post(f"/register/{path}/import/", {"file": SimpleUploadedFile("fleet.csv", data)})
        assert answer.status_code == 302, answer.content
        return row(organisation, int(answer["Location"].rstrip("/").split("/")[-1]))

    return send


def row(organisation: Any, number: int) -> Any:
    with speaking_for(organisation.pk):
        return Upload.objects.get(pk=number)


def job(organisation: Any, what: Callable[[int, int], None], upload: Any) -> Any:
    """What the worker does with the file."""
    with speaking_for(organisation.pk):
        what(organisation.pk, upload.pk)
    return row(organisation, upload.pk)


def waiting_jobs(owner: psycopg.Connection[Any], upload: Any) -> list[str]:
    found = owner.execute(
        "SELECT task_name FROM procrastinate_jobs WHERE args->>'upload' = %s ORDER BY id", (str(upload.pk),)
    ).fetchall()
    return [name for (name,) in found]


ROWS = {
    "vehicle": [
        {"name": "A", "plate": "1 abc 123", "odometer_km": "12.5", "groups": "north, south"}, {"name": ""},
        {"name": "B", "year": "1700", "fuel": "water"}, {"name": "C", "vin": "IOQ45678901234567"},
    ],
    "material": [{"name": "D", "hours": "3.5", "purchased_on": "2026-02-01"}, {"name": "E", "hours": "x"}],
    "person": [
        {"first_name": "F", "last_name": "G", "employer": "$employer", "languages": "nl, fr"},
        {"first_name": "H", "last_name": "I", "employer": "999999999"},
        {"first_name": "J", "last_name": "K", "active_from": "2026-02-01", "active_until": "2026-01-01"},
        {"first_name": "L", "last_name": "M", "joint_committee": "PC 124", "languages": "xx"},
    ],
    "team": [{"name": "N", "note": "one\ntwo"}, {"name": "x" * 101}],
    "employer": [{"name": "O", "number": "BE 0123.456.780"}, {"name": "P\x07"}],
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_row_of_many_is_judged_as_it_is_alone(name: str, make: Make, who: Who, speaking: None) -> None:
    kind = KINDS[name]
    employer = str(make("employer").pk)
    known = {"person": {"number": "7", "employer_id": int(employer)}, "vehicle": {"odometer_m": 1000,
             "odometer_at": clock.now()}}.get(name, {})  # fmt: skip
    judge = Judge(who, kind)
    for given in ROWS[name]:
        data = {field: employer if value == "$employer" else value for field, value in given.items()}
        for present in (None, make(name, **known)):
            twin = None if present is None else register.get(kind, present.pk)
            alone = kind.form(who, {**_as_it_is(kind, who, twin), **data}, instance=twin)
            one = judge.form(None if present is None else register.get(kind, present.pk), data)
            assert one.errors == alone.errors
            if not one.errors:
                stored, wanted = history.values(one.save(commit=False)), history.values(alone.save(commit=False))
                assert one.changed_data == [field for field in alone.changed_data if field != "account"]
                moments = dict.fromkeys(("odometer_at", "hours_at"))
                assert stored | moments == wanted | moments
        known = {}


def _as_it_is(kind: Any, who: Who, twin: Any) -> dict[str, Any]:
    from allconnects.fleet.forms import initial_of

    return initial_of(twin or kind.model(), kind.form, who)


def test_a_file_asks_the_database_as_often_however_long_it_is(make: Make, who: Who, speaking: None) -> None:
    make("employer", name="Firm")
    counts = []
    for many in (20, 200):
        text = "first_name;last_name;number;employer\n" + "".join(f"A;B{n};{n};Firm\n" for n in range(many))
        with CaptureQueriesContext(connection) as asked:
            assert files.preview(who, PERSON, read(text.encode(), PERSON)).counts["new"] == many
        counts.append(len(asked))
    assert counts[0] == counts[1] < 10


def test_what_a_file_changes_is_stored_with_its_history(make: Make, who: Who, speaking: None) -> None:
    known = make("material", name="Mixer", serial="7", hours=1, hours_at=clock.now() - timedelta(days=9), note="old")
    text = "name;serial;hours;note;purchased_on\nMixer;7;2,5;-;1/2/2026\nDrill;8;;new;\n"
    assert files.apply(who, MATERIAL, read(text.encode(), MATERIAL))["changed"] == 1
    mixer, drill = Material.objects.get(serial="7"), Material.objects.get(serial="8")
    assert (mixer.hours, mixer.note, str(mixer.purchased_on), mixer.version) == (2.5, "", "2026-02-01", 2)
    assert mixer.hours_at > known.hours_at < mixer.changed_at
    assert mixer.changed_at > known.changed_at
    assert (drill.note, drill.version, len(drill.token) > 10) == ("new", 1, True)
    told = {(one.kind, one.field, one.old, one.new) for one in Change.objects.filter(row=str(mixer.pk))}
    assert {("changed", "note", "old", ""), ("changed", "purchased_on", "", "2026-02-01")} <= told
    assert Change.objects.filter(row=str(drill.pk), kind="made", field="name", new="Drill").exists()


def test_who_was_erased_does_not_come_back_in_a_crowd(
    who: Who, owner_connection: psycopg.Connection[Any], speaking: None
) -> None:
    with owner_connection.transaction(), owner_connection.cursor() as cursor:
        marks.put(cursor, open_vault(), who.organisation.pk, [("name", "Ann Example")])
    text = b"first_name;last_name\nBob;Sample\nANN;example\n"
    good, bad = files.preview(who, PERSON, read(text, PERSON)).lines
    assert good.errors == []
    assert "erased on request" in bad.errors[0]


def test_a_large_file_is_looked_through_and_carried_out_by_the_worker(
    sent: Any, manager: Client, organisation: Any, owner_connection: Any
) -> None:
    upload = sent(vans(MANY))
    address = f"/register/vehicles/import/{upload.pk}/"
    assert (upload.stage, waiting_jobs(owner_connection, upload)) == (Stage.LOOKING, ["fleet.look_through"])
    assert "being looked through" in manager.get(address).content.decode()
    assert manager.get(f"{address}status/").json()["stage"] == "looking"
    assert "fleet.csv" in manager.get("/register/vehicles/import/").content.decode()

    looked = job(organisation, uploads.look_through, upload)
    assert (looked.stage, looked.preview["counts"]["new"], looked.total) == (Stage.LOOKED, MANY, MANY)
    page = manager.get(address)
    assert (page.context["more_acting"], len(page.context["acting"])) == (MANY - uploads.SHOWN, uploads.SHOWN)

    for _twice in range(2):
        assert manager.post(address).status_code == 302
    assert waiting_jobs(owner_connection, upload) == ["fleet.look_through", "fleet.carry_out"]
    assert "being carried out" in manager.get(address).content.decode()
    manager.post(address, {"drop": "1"})
    for _twice in range(2):
        done = job(organisation, uploads.carry_out, upload)
    assert (done.stage, bytes(done.data), done.preview) == (
        Stage.DONE, b"", {"counts": {"new": MANY, "changed": 0, "same": 0, "wrong": 0}},
    )  # fmt: skip
    assert f"{MANY} new" in manager.get(address).content.decode()
    with speaking_for(organisation.pk):
        assert Vehicle.objects.count() == MANY


def test_how_far_it_is_can_be_seen_while_it_is_done(
    sent: Any, organisation: Any, owner_connection: Any, monkeypatch: Any
) -> None:
    upload, seen = sent(vans(MANY)), []
    true = files.preview

    def watched(who: Any, kind: Any, rows: Any, heard: Any) -> Any:
        def and_look(done: int) -> None:
            heard(done)
            query = "SELECT done, total FROM fleet_upload WHERE id = %s"
            seen.append(owner_connection.execute(query, (upload.pk,)).fetchone())

        return true(who, kind, rows, and_look)

    monkeypatch.setattr(files, "preview", watched)
    monkeypatch.setattr(uploads, "_TOLD_EVERY_S", 0)
    assert job(organisation, uploads.look_through, upload).stage == Stage.LOOKED
    assert seen == [(250, MANY), (500, MANY)]


@pytest.mark.parametrize("count", [3, MANY])
def test_what_was_not_shown_is_not_done(sent: Any, manager: Client, organisation: Any, make: Make, count: int) -> None:
    """Somebody enters one of the vehicles between the preview and the yes: a new preview, and why."""
    upload = sent(vans(count))
    if count == MANY:
        job(organisation, uploads.look_through, upload)
    with speaking_for(organisation.pk):
        make("vehicle", name="Other", plate="1-V-0")
    address = f"/register/vehicles/import/{upload.pk}/"
    manager.post(address)
    if count == MANY:
        job(organisation, uploads.carry_out, upload)
    page = manager.get(address)
    told = row(organisation, upload.pk).told  # in the language of its sender
    assert told
    assert told in unescape(page.content.decode())
    assert (page.context["counts"]["new"], page.context["counts"]["changed"]) == (count - 1, 1)
    with speaking_for(organisation.pk):
        assert Vehicle.objects.count() == 1
    manager.post(address)
    if count == MANY:
        job(organisation, uploads.carry_out, upload)
    with speaking_for(organisation.pk):
        assert Vehicle.objects.count() == count


def test_of_two_who_import_the_same_at_once_one_is_told(organisation: Any, sent: Any, account_of: Any) -> None:
    """Both have looked, both say yes; the second waits for the first, and then sees what is left: nothing."""
    both = [job(organisation, uploads.look_through, sent(vans(MANY))) for _ in range(2)]
    with speaking_for(organisation.pk):
        Upload.objects.filter(pk__in=[one.pk for one in both]).update(stage=Stage.APPLYING)

    def carry(upload: Any) -> None:
        try:
            job(organisation, uploads.carry_out, upload)
        finally:
            connection.close()

    threads = [threading.Thread(target=carry, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted((row(organisation, one.pk) for one in both), key=lambda one: one.stage)
    assert [one.stage for one in found] == [Stage.DONE, Stage.LOOKED]
    assert found[1].told
    assert found[1].preview["counts"] == {"new": 0, "changed": 0, "same": MANY, "wrong": 0}
    with speaking_for(organisation.pk):
        assert Vehicle.objects.count() == MANY


def test_a_mistake_of_the_program_is_one_clear_error_and_leaves_nothing(
    sent: Any, organisation: Any, monkeypatch: Any
) -> None:
    upload = job(organisation, uploads.look_through, sent(vans(MANY)))
    with speaking_for(organisation.pk):
        Upload.objects.filter(pk=upload.pk).update(stage=Stage.APPLYING)

    def breaks(*_given: Any) -> None:
        raise ValueError("mistake")

    def away(*_given: Any) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(history, "store", away)
    with pytest.raises(OperationalError):
        job(organisation, uploads.carry_out, upload)
    assert row(organisation, upload.pk).stage == Stage.APPLYING, "the queue tries it again"
    monkeypatch.setattr(history, "store", breaks)
    failed = job(organisation, uploads.carry_out, upload)
    assert (failed.stage, bytes(failed.data), failed.preview) == (Stage.FAILED, b"", {})
    assert failed.told
    with speaking_for(organisation.pk):
        assert not Vehicle.objects.exists()


def test_a_large_file_that_is_no_table_says_so(sent: Any, manager: Client, organisation: Any) -> None:
    upload = sent(b"colour;size\n" + b"red;5\n" * 50_000)
    failed = job(organisation, uploads.look_through, upload)
    assert (failed.stage, bytes(failed.data)) == (Stage.FAILED, b"")
    assert failed.told in manager.get(f"/register/vehicles/import/{upload.pk}/").content.decode()


def test_files_go_after_a_day_and_what_nobody_works_on_is_given_up(sent: Any, organisation: Any) -> None:
    old, stuck, fresh = sent(vans(2)), sent(vans(MANY)), sent(vans(MANY))
    with speaking_for(organisation.pk):
        Upload.objects.filter(pk=old.pk).update(made_at=clock.now() - timedelta(days=1, minutes=1))
        Upload.objects.filter(pk=stuck.pk).update(moved_at=clock.now() - timedelta(hours=1))
        uploads.tend(organisation.pk)
        left = {one.pk: one.stage for one in Upload.objects.all()}
    assert left == {stuck.pk: Stage.FAILED, fresh.pk: Stage.LOOKING}


def test_nobody_sees_the_file_of_another(sent: Any, client_of: Any) -> None:
    upload = sent(vans(2))
    for path in ("", "status/"):
        assert client_of("manager").get(f"/register/vehicles/import/{upload.pk}/{path}").status_code == 404


def test_a_row_that_somebody_changed_after_it_was_read_is_not_overwritten(make: Make, who: Who, speaking: None) -> None:
    from allconnects.fleet.services import many

    van = make("vehicle", name="Van")
    mine = register.get(VEHICLE, van.pk)
    register.change(who, VEHICLE, van.pk, {"name": "Theirs"})
    mine.name = "Mine"
    with pytest.raises(register.ChangedMeanwhile):
        many.store(who, [], [(history.values(van), mine)])
    assert Vehicle.objects.get(pk=van.pk).name == "Theirs"
