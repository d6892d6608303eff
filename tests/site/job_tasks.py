"""Tasks that tests ask for, and a worker of its own that knows them: ``python -m tests.site.job_tasks``.

What they see they write as lines into the file that ``JOBS_TEST_FILE`` names.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from allconnects.kit import jobs

NOBODY = UUID(int=0)


def note(*words: object) -> None:
    with Path(os.environ["JOBS_TEST_FILE"]).open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


@jobs.task("test.look")
def look(organisation: int, device: int = 0, day: date = date(2026, 1, 1), who: UUID = NOBODY) -> None:
    """Which organisations' devices it sees without asking for any, and as whom."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, array_agg(DISTINCT organisation_id) FROM telemetry_device")
        user, seen = cursor.fetchone() or ("", None)
    note("look", organisation, user, seen, device, day, who)


@jobs.task("test.half")
def half(organisation: int) -> None:
    """Writes, then fails."""
    from allconnects.accounts.models import ApiToken

    ApiToken.objects.create(organisation_id=organisation, name="half", token_hash=f"half-{organisation}", scopes=[])
    note("half", organisation)
    raise RuntimeError("somebody@example.org lives there")


@jobs.task("test.once", retries=0)
def once(organisation: int) -> None:
    note("once", organisation)
    raise RuntimeError("somebody@example.org lives there")


@jobs.task("test.long")
def long(organisation: int) -> None:
    """The first to do it is never done."""
    note("long", organisation, os.getpid())
    if Path(os.environ["JOBS_TEST_FILE"]).read_text().count(f"long {organisation} ") == 1:
        time.sleep(600)


@jobs.periodic("* * * * * */2", "test.tick")
def tick(organisation: int) -> None:
    note("tick", organisation)


def _noting(make: Any) -> Any:
    """The tick of a task that also writes for which moment it was."""

    def made(task: jobs.Task) -> Any:
        tick = make(task)

        async def noted(context: Any, timestamp: int) -> None:
            note("moment", timestamp)
            await tick(context, timestamp)

        return noted

    return made


if __name__ == "__main__":
    import django

    from allconnects.kit import db, logs

    db.set_process_role("web")
    logs.setup("worker")
    sys.modules["tests.site.job_tasks"] = sys.modules["__main__"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "allconnects.site.settings"
    django.setup()
    from allconnects.site import background, worker

    background.STALLED_S = float(os.environ.get("JOBS_TEST_STALLED_S", "60"))
    background.RESCUE_S = background.BEAT_S = 1.0
    background._ticker = _noting(background._ticker)
    # Other tests have made thousands of organisations: a tick every two seconds for each is not what is tried here.
    background._EACH = f"{background._EACH} WHERE o.slug = '{os.environ['JOBS_TEST_SLUG']}'"
    # The rooms' own ticks would queue work for every organisation that any test made, before what is tried here.
    every = jobs.tasks
    jobs.tasks = lambda: (task for task in every() if task.name.startswith("test."))
    sys.exit(worker.run())
