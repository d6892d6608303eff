"""Jobs: asked for with the transaction, done by the real worker process for one organisation, whatever dies."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock, db, jobs
from allconnects.site import background
from allconnects.telemetry.services import add_device
from tests.site import job_tasks
from tests.waiting import PATIENCE_S, until

Owner = psycopg.Connection[Any]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner_connection: Owner) -> Iterator[Callable[[str], Any]]:
    """``notes(word)``: lines that tasks wrote, that begin with it. Starts and ends with an empty queue."""
    file = tmp_path / "notes"
    file.touch()
    monkeypatch.setenv("JOBS_TEST_FILE", str(file))
    monkeypatch.setenv("JOBS_TEST_SLUG", "nobody")
    empty(owner_connection)
    yield lambda word: [line.split() for line in file.read_text().splitlines() if line.startswith(word + " ")]
    empty(owner_connection)


def empty(connection: Owner) -> None:
    connection.execute("DELETE FROM procrastinate_jobs")
    connection.execute("DELETE FROM procrastinate_periodic_defers")


@contextmanager
def workers(count: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    """Worker processes as ``allconnects worker`` runs them, that know the tasks of ``job_tasks``."""
    command = [sys.executable, "-m", "tests.site.job_tasks"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        yield running
    finally:
        for one in running:
            one.terminate()
        for one in running:
            try:
                one.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def rows(connection: Owner, columns: str = "task_name, status, args") -> list[Any]:
    """The jobs of these tests; rooms may ask for theirs meanwhile."""
    mine = "task_name LIKE 'test.%' AND task_name NOT LIKE 'test.tick%'"
    query = f"SELECT {columns} FROM procrastinate_jobs WHERE {mine} ORDER BY id"
    return connection.execute(query.encode()).fetchall()


def device(organisation: Organisation) -> None:
    """One that only its own organisation sees."""
    with speaking_for(organisation.pk):
        add_device(organisation, f"{secrets.randbelow(10**15):015d}", "device", "vehicle")


def test_a_job_exists_when_its_transaction_commits(
    notes: Any, organisation: Organisation, owner_connection: Owner
) -> None:
    with speaking_for(organisation.pk):
        jobs.defer("test.look", organisation=organisation.pk)
        transaction.set_rollback(True)
    assert rows(owner_connection) == []
    with speaking_for(organisation.pk):
        jobs.defer("test.look", organisation=organisation.pk, device=7)
    assert rows(owner_connection) == [("test.look", "todo", {"organisation": organisation.pk, "device": 7})]


def test_nobody_asks_on_behalf_of_another(
    notes: Any, organisation: Organisation, other_organisation: Organisation, owner_connection: Owner
) -> None:
    with pytest.raises(Exception, match="about"), speaking_for(organisation.pk):
        jobs.defer("test.look", organisation=other_organisation.pk)
    assert rows(owner_connection) == []
    with db.connect("web") as web:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SELECT args FROM procrastinate_jobs")
        web.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SELECT jobs_put('test.look', 'work', 1, '{}', NULL, NULL, NULL)")


@pytest.mark.parametrize(
    "arguments",
    [
        {"device": "7"}, {"device": True}, {"day": clock.now()}, {"who": "somebody"}, {"name": 1},
        {"device": 7.5}, {"key": "Jane Doe"},
    ],
)  # fmt: skip
def test_arguments_are_ids(organisation: Organisation, arguments: dict[str, Any]) -> None:
    with pytest.raises(jobs.UnfitJob), speaking_for(organisation.pk):
        jobs.defer("test.look", organisation=organisation.pk, **arguments)


def test_the_database_takes_no_text_either(notes: Any, owner_connection: Owner) -> None:
    with db.connect("worker") as worker, pytest.raises(psycopg.errors.CheckViolation):
        worker.execute("""SELECT jobs_put('test.look', 'work', 1, '{"name": "Jane Doe"}', NULL, NULL, NULL)""")


def test_an_unknown_task_and_unfit_functions_are_told(organisation: Organisation) -> None:
    with pytest.raises(jobs.UnfitJob), speaking_for(organisation.pk):
        jobs.defer("test.nothing", organisation=organisation.pk)
    with pytest.raises(ValueError, match="organisation"):
        jobs.task("test.bad")(lambda device: None)
    with pytest.raises(ValueError, match="two tasks"):
        jobs.task("test.look")(job_tasks.half)


def test_one_job_waits_for_many_requests_and_sees_them_all(
    notes: Any, organisation: Organisation, owner_connection: Owner
) -> None:
    def ask() -> int:
        return jobs.defer("test.look", organisation=organisation.pk, key="7")

    with speaking_for(organisation.pk):
        first = ask()
    with speaking_for(organisation.pk):
        assert ask() == first
        with db.connect("worker") as worker:
            taken = worker.execute(
                "SELECT id FROM procrastinate_jobs WHERE status = 'todo' FOR UPDATE SKIP LOCKED"
            ).fetchall()
        assert taken == []  # not before what was written here is there to be seen
    with db.connect("worker") as worker:
        worker.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    with speaking_for(organisation.pk):
        assert ask() != first
    with db.connect("worker") as worker:  # tried again beside the new one
        worker.execute("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
    assert len(rows(owner_connection)) == 2


def test_the_worker_asks_for_any_organisation(notes: Any, organisation: Organisation, owner_connection: Owner) -> None:
    with db.connect("worker") as worker:
        jobs.defer("test.look", organisation=organisation.pk, using=worker, at=clock.now(), serial="a")
    ((lock, key),) = rows(owner_connection, "lock, queueing_lock")
    assert (lock, key) == (f"test.look:{organisation.pk}:a", None)


def test_a_worker_does_it_for_that_organisation_only(
    notes: Any, organisation: Organisation, other_organisation: Organisation, owner_connection: Owner
) -> None:
    device(organisation)
    device(other_organisation)
    who, day = uuid.uuid4(), date(2026, 3, 29)
    with workers() as (worker,):
        with speaking_for(organisation.pk):
            jobs.defer("test.look", organisation=organisation.pk, device=7, day=day, who=who)
            jobs.defer("test.half", organisation=organisation.pk)
            jobs.defer("test.once", organisation=organisation.pk)
        assert until(lambda: notes("look") and notes("once") and len(notes("half")) > 1)
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0
        said = worker.stderr.read()  # type: ignore[union-attr]
    own = str(organisation.pk)
    assert notes("look") == [["look", own, "allconnects_web", f"[{own}]", "7", str(day), str(who)]]
    assert notes("once") == [["once", own]]
    left = {row[0]: row[1] for row in rows(owner_connection)}
    assert left == {"test.half": "todo", "test.once": "failed"}
    assert owner_connection.execute("SELECT 1 FROM accounts_apitoken WHERE name = 'half'").fetchone() is None
    assert "jobs.given_up" in said
    assert "test.once" in said
    assert "example.org" not in said


def test_what_a_killed_worker_had_begun_is_done_by_another(
    notes: Any, organisation: Organisation, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_TEST_STALLED_S", "4")
    with workers(1) as (first,):
        with speaking_for(organisation.pk):
            jobs.defer("test.long", organisation=organisation.pk)
        assert until(lambda: notes("long"))
        os.kill(first.pid, signal.SIGKILL)
        with workers(1):
            assert until(lambda: len(notes("long")) >= 2)
            assert until(lambda: rows(owner_connection) == [])
    assert len({line[2] for line in notes("long")}) == 2


def test_a_job_that_kills_its_workers_is_given_up(
    notes: Any, organisation: Organisation, owner_connection: Owner
) -> None:
    with speaking_for(organisation.pk):
        jobs.defer("test.look", organisation=organisation.pk)
    owner_connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", (jobs.RETRIES,))
    with workers():
        assert until(lambda: rows(owner_connection, "status") == [("failed",)])
    assert notes("look") == []


def test_a_tick_is_one_run_however_many_workers(
    notes: Any, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBS_TEST_SLUG", organisation.slug)
    with workers(3):
        assert until(lambda: len(mine(notes, organisation)) >= 5)
    moments = [line[1] for line in notes("moment")]
    assert len(moments) == len(set(moments)), moments
    assert len(mine(notes, organisation)) <= len(moments)


def mine(notes: Any, organisation: Organisation) -> list[list[str]]:
    return [line for line in notes("tick") if line[1] == str(organisation.pk)]


def test_what_ended_is_forgotten_and_the_rest_is_counted(
    notes: Any, organisation: Organisation, owner_connection: Owner
) -> None:
    with speaking_for(organisation.pk):
        for _ in range(4):
            jobs.defer("test.look", organisation=organisation.pk)
        jobs.defer("test.look", organisation=organisation.pk, at=clock.now().replace(year=2100))
    numbers = [row[0] for row in rows(owner_connection, "id")]
    owner_connection.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = ANY (%s)", (numbers[:2],))
    owner_connection.execute(
        "UPDATE procrastinate_events SET at = now() - interval '8 days' WHERE job_id = ANY (%s)", ([numbers[0]],)
    )
    with db.connect("worker", autocommit=True) as worker:
        background.tidy(worker)
    assert [row[0] for row in rows(owner_connection, "id")] == numbers[1:]
    metrics = background.metrics
    assert (metrics.waiting._value.get(), metrics.failed._value.get()) == (2.0, 1.0)
    assert 0 <= metrics.late._value.get() < 3600
