"""Does the jobs of ``kit.jobs``, beside the rounds of the worker: a thread with procrastinate's loop in it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
import psycopg
import structlog
from django.db import connections
from procrastinate import JobContext, PsycopgConnector, RetryStrategy

from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import db, jobs
from allconnects.kit.jobs import Task
from allconnects.privacy.retention import RULES
from allconnects.site import background_metrics as metrics

log = structlog.get_logger()
AT_ONCE = {jobs.WORK: 2, jobs.OUTSIDE: 6}
"""Jobs of each queue that one process does at once: two use its core, the others wait for the network."""
BEAT_S, STALLED_S, RESCUE_S = 5.0, 30.0, 10.0
_AGAIN_S = 2.0
_RESCUE = """
UPDATE procrastinate_jobs SET attempts = attempts + 1, worker_id = NULL, scheduled_at = now(),
    status = CASE WHEN attempts < %(most)s THEN 'todo' ELSE 'failed' END::procrastinate_job_status
WHERE status = 'doing' AND id IN (
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(seconds)s))
    FOR UPDATE OF j SKIP LOCKED)
RETURNING task_name, status"""
_FORGET = """
DELETE FROM procrastinate_jobs j WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - make_interval(days => %s))"""
_MEASURE = """
SELECT count(*) FILTER (WHERE due <= now()), coalesce(extract(epoch FROM now() - min(due)), 0),
    (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed')
FROM (SELECT coalesce(j.scheduled_at, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)) AS due
      FROM procrastinate_jobs j WHERE status = 'todo') waiting"""
_EACH = """
SELECT jobs_put(%(name)s::varchar, %(queue)s, o.id, '{}', %(name)s::varchar || concat(':', o.id, ':tick'), NULL, NULL)
FROM accounts_organisation o"""


def start(stop: threading.Event) -> threading.Thread:
    """Do jobs until ``stop`` is set; the thread ends when what had begun is done."""
    thread = threading.Thread(target=lambda: asyncio.run(_until(stop)), name="jobs", daemon=True)
    thread.start()
    return thread


async def _until(stop: threading.Event) -> None:
    logging.getLogger("procrastinate.worker").addFilter(_not_ours)
    ended = asyncio.ensure_future(asyncio.to_thread(stop.wait))
    while not ended.done():
        try:
            await _work(ended)
        except (OSError, psycopg.Error, procrastinate.exceptions.ProcrastinateException) as error:
            log.warning("jobs.database_away", error=type(error).__name__)
        await asyncio.wait([ended], timeout=_AGAIN_S)


def _not_ours(record: logging.LogRecord) -> bool:
    """How a job ended is told by ``_run``, with its attempt."""
    return not str(getattr(record, "action", "")).startswith("job_")


async def _work(ended: asyncio.Future[Any]) -> None:
    """Work until told to end or something breaks. What had begun is finished either way."""
    app = make_app()
    async with app.open_async():
        work = [*(_queue(app, name, most) for name, most in AT_ONCE.items()), _rescue(app)]
        parts = [asyncio.create_task(one) for one in work]
        await asyncio.wait([ended, *parts], return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            part.cancel()
        results = await asyncio.gather(*parts, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _queue(app: procrastinate.App, name: str, most: int) -> None:
    await app.run_worker_async(
        name=name, queues=[name], concurrency=most, delete_jobs="successful", install_signal_handlers=False,
        update_heartbeat_interval=BEAT_S, stalled_worker_timeout=STALLED_S,
    )  # fmt: skip


def make_app() -> procrastinate.App:
    """procrastinate with every task of ours, speaking to the database as the role ``worker``."""
    connector = PsycopgConnector(conninfo=db.conninfo("worker", "allconnects-jobs"), min_size=1, max_size=6)
    app = procrastinate.App(connector=connector)
    for task in jobs.tasks():
        retry = RetryStrategy(max_attempts=task.retries, exponential_wait=5) if task.retries else False
        app.task(name=task.name, queue=task.queue, retry=retry, pass_context=True)(_runner(task))
        if task.cron:
            tick = app.task(name=f"{task.name}:tick", queue=jobs.WORK, pass_context=True)(_ticker(task))
            app.periodic(cron=task.cron)(tick)
    return app


def _runner(task: Task) -> Callable[..., None]:
    def run(context: JobContext, organisation: int, **arguments: Any) -> None:
        try:
            with speaking_for(organisation):
                task.function(organisation=organisation, **jobs.decode(task, arguments))
        except Exception:
            again = context.job.attempts < task.retries
            metrics.done.labels(task.name, "again" if again else "failed").inc()
            event = "jobs.tried_again" if again else "jobs.given_up"
            log.warning(event, kind=task.name, attempt=context.job.attempts + 1, exc_info=True)
            raise
        finally:
            connections.close_all()
        metrics.done.labels(task.name, "done").inc()

    return run


def _ticker(task: Task) -> Callable[..., Awaitable[None]]:
    async def tick(context: JobContext, timestamp: int) -> None:
        try:
            await context.app.connector.execute_query_async(_EACH, name=task.name, queue=task.queue)
        except procrastinate.exceptions.ConnectorException:
            metrics.done.labels(task.name, "failed").inc()
            log.warning("jobs.given_up", kind=task.name, exc_info=True)
            raise

    return tick


async def _rescue(app: procrastinate.App) -> None:
    """Jobs of a worker that is gone are done by another; one that was begun too often is given up."""
    while True:
        await asyncio.sleep(RESCUE_S)
        rows = await app.connector.execute_query_all_async(_RESCUE, most=jobs.RETRIES, seconds=STALLED_S)
        for row in rows:
            given_up = row["status"] == "failed"
            metrics.done.labels(row["task_name"], "failed" if given_up else "again").inc()
            log.warning("jobs.given_up" if given_up else "jobs.worker_gone", kind=row["task_name"])


def tidy(connection: psycopg.Connection[Any]) -> None:
    """Forget jobs that ended a while ago, and count the others for /metrics."""
    connection.execute(_FORGET, (int(RULES["job"].default_days or 0),))
    row = connection.execute(_MEASURE).fetchone()
    assert row is not None
    for gauge, value in zip((metrics.waiting, metrics.late, metrics.failed), row, strict=True):
        gauge.set(max(float(value), 0.0))
