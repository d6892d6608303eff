"""Life, readiness and numbers, for whoever watches over the processes. They tell nothing about anybody."""

from __future__ import annotations

import os

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from allconnects.accounts.access import no_transaction

_migrated = False


@no_transaction
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@no_transaction
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and its schema is the one this program needs, else 503 and why."""
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated = _migrated or not pending()
    except DatabaseError:
        return _not_ready("the database does not answer")
    if not _migrated:
        return _not_ready("the database is not migrated yet")
    return HttpResponse("ready\n", content_type="text/plain")


def pending() -> list[str]:
    """Names of the migrations that the database still lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _not_ready(why: str) -> HttpResponse:
    return HttpResponse(why + "\n", status=503, content_type="text/plain")


@no_transaction
def metrics(request: HttpRequest) -> HttpResponse:
    """Numbers in the text format of Prometheus, of all processes when they share a folder for them."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
