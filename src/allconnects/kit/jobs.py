"""Work that is done later: a room names it, any process asks for it, the worker process does it.

A job is asked for in the transaction that gives the reason for it, so it exists when that commits and not otherwise.
It is done at least once: a worker that is killed leaves its job to another, so what a job does must bear being done
twice. Arguments are ids, days, moments and short words, never personal data: all tenants share the table they stand in.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from allconnects.kit.errors import AllconnectsError

WORK, OUTSIDE = "work", "outside"
"""Queues: what needs only this platform, and what waits for others on the network."""
RETRIES = 6
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_KEY = re.compile(r"[A-Za-z0-9:._-]{0,80}")
_PUT = "SELECT {function}(%s, %s, %s, %s::jsonb, %s, %s, %s)"
_KINDS = (bool, int, UUID, date, datetime, str)
Value = bool | int | UUID | date | datetime | str
F = TypeVar("F", bound=Callable[..., None])


class UnfitJob(AllconnectsError):
    """A mistake in the program: a job with an unknown name or with arguments that it does not take."""

    code = "unfit_job"


@dataclass(frozen=True, slots=True)
class Task:
    """What can be asked for. ``parameters``: each argument's kind, and whether it may be left out."""

    name: str
    function: Callable[..., None]
    parameters: dict[str, tuple[type, bool]]
    queue: str
    retries: int
    cron: str | None


_tasks: dict[str, Task] = {}


def task(name: str, *, outside: bool = False, retries: int = RETRIES) -> Callable[[F], F]:
    """Make a function a task: ``@task("trips.detect") def detect(organisation: int, device: int, day: date)``.

    It runs in a transaction that speaks for that organisation, as the role ``web``. An error throws its work away and
    it is tried again after 5 s, 25 s, 2 min, 10 min, 52 min and 4 h. ``outside``: it waits for somebody on the network.
    """
    return _register(name, outside, retries, None)


def periodic(cron: str, name: str, *, outside: bool = False) -> Callable[[F], F]:
    """Make ``def work(organisation: int)`` run for every organisation at these times (UTC), once however many workers.

    It is not tried again: the next tick does that. A run that still waits is not asked for a second time.
    """
    return _register(name, outside, 0, cron)


def _register(name: str, outside: bool, retries: int, cron: str | None) -> Callable[[F], F]:
    def add(function: F) -> F:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a task is named room.verb, not {name}")
        if name in _tasks and _tasks[name].function.__qualname__ != function.__qualname__:
            raise ValueError(f"two tasks are called {name}")
        parameters = _parameters(name, function)
        if cron and any(not optional for _, optional in parameters.values()):
            raise ValueError(f"{name}: what runs by the clock takes an organisation only")
        _tasks[name] = Task(name, function, parameters, OUTSIDE if outside else WORK, retries, cron)
        return function

    return add


def _parameters(name: str, function: Callable[..., None]) -> dict[str, tuple[type, bool]]:
    found = inspect.signature(function, eval_str=True).parameters
    if "organisation" not in found or found["organisation"].annotation is not int:
        raise ValueError(f"{name}: a task takes organisation: int")
    kinds = {one: (p.annotation, p.default is not p.empty) for one, p in found.items() if one != "organisation"}
    if taken := kinds.keys() & {"at", "key", "serial", "using"}:
        raise ValueError(f"{name}: {taken.pop()} says when a job runs, no argument can be called that")
    if unfit := [one for one, (kind, _) in kinds.items() if kind not in _KINDS]:
        raise ValueError(f"{name}: {unfit[0]} is none of int, bool, UUID, date, datetime, str (a short word)")
    return kinds


def tasks() -> Iterator[Task]:
    """Every task. Complete once Django has loaded the ``jobs.py`` of all rooms."""
    yield from _tasks.values()


def defer(
    name: str, /, *, organisation: int, at: datetime | None = None, key: str = "", serial: str = "",
    using: psycopg.Connection[Any] | None = None, **arguments: Value,
) -> int:  # fmt: skip
    """Ask for a job in the current transaction of Django, which must speak for that organisation. Returns its number.

    ``at``: not before this moment. ``key``: while a job with the same key waits to begin, no other is made.
    ``serial``: jobs with the same word run one after the other. Both belong to the task and the organisation.
    ``using``: a connection of the role ``worker`` in place of Django's, for any organisation. Raises UnfitJob.
    """
    wanted = _tasks.get(name)
    if wanted is None:
        raise UnfitJob(f"there is no task {name}")
    scope = f"{name}:{organisation}"
    given = (
        name, wanted.queue, organisation, _json(encode(wanted, arguments)),
        _scoped(scope, key), _scoped(scope, serial), at,
    )  # fmt: skip
    if using is not None:
        row = using.execute(_PUT.format(function="jobs_put").encode(), given).fetchone()
    else:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(_PUT.format(function="jobs_defer"), given)
            row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _json(arguments: dict[str, bool | int | str]) -> str:
    import json

    return json.dumps(arguments, separators=(",", ":"))


def _scoped(scope: str, word: str) -> str | None:
    if not _KEY.fullmatch(word):
        raise UnfitJob("the key of a job is made of ids and short words")
    return f"{scope}:{word}" if word else None


def encode(wanted: Task, arguments: dict[str, Value]) -> dict[str, bool | int | str]:
    """Arguments as they stand in the queue. Raises UnfitJob for what is missing, unknown or of another kind."""
    missing = [one for one, (_, optional) in wanted.parameters.items() if not optional and one not in arguments]
    if missing or set(arguments) - set(wanted.parameters):
        raise UnfitJob(f"{wanted.name} takes {', '.join(wanted.parameters) or 'nothing'} beside the organisation")
    return {one: _written(wanted, one, value) for one, value in arguments.items()}


def _written(wanted: Task, one: str, value: Value) -> bool | int | str:
    kind = wanted.parameters[one][0]
    if type(value) is not kind:
        raise UnfitJob(f"{wanted.name}: {one} must be {kind.__name__}")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise UnfitJob(f"{wanted.name}: {one} is a moment without a time zone")
    if isinstance(value, str) and not _SLUG.fullmatch(value):
        raise UnfitJob(f"{wanted.name}: {one} is not a short word")
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


def decode(wanted: Task, arguments: dict[str, Any]) -> dict[str, Value]:
    """Arguments as the function takes them; what it does not know any more is left out."""
    return {one: _read(wanted.parameters[one][0], raw) for one, raw in arguments.items() if one in wanted.parameters}


def _read(kind: type, raw: Any) -> Value:
    if kind in (date, datetime):
        read: Value = kind.fromisoformat(raw)
        return read
    made: Value = kind(raw)
    return made
