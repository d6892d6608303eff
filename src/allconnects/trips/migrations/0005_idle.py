"""Stops know when the engine ran in them; those of which positions are still kept are computed anew for it."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from allconnects.kit import clock, config
from allconnects.kit.clock import BRUSSELS
from allconnects.telemetry.store.segments import bounds

# As a change of rules asks for it: a row a device, from the first day of which nothing is lost yet.
MARK = """
    INSERT INTO trips_pending AS p (organisation_id, device_id, day, first_at, last_at, since)
    SELECT organisation_id, id, %s, %s, %s, %s FROM telemetry_device WHERE kind = 'vehicle'
    ON CONFLICT (organisation_id, device_id, day) DO UPDATE SET first_at = least(p.first_at, excluded.first_at),
        last_at = greatest(p.last_at, excluded.last_at)"""


def change(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Run idle.sql one statement at a time; statements end at a blank line."""
    text = (files("allconnects.trips") / "store" / "idle.sql").read_text()
    for statement in text.split(";\n\n"):
        editor.execute(statement.rstrip().rstrip(";"), params=None)


def ask(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Let the worker compute anew, in its own time."""
    now = clock.now()
    day = now.astimezone(BRUSSELS).date() - timedelta(days=config.current().position_days - 3)
    with editor.connection.cursor() as cursor:
        cursor.execute(MARK, [day, bounds(day)[0], now, now])


class Migration(migrations.Migration):
    dependencies = [("trips", "0004_uses"), ("telemetry", "0003_segments")]
    operations = [
        migrations.RunPython(change, migrations.RunPython.noop),
        migrations.RunPython(ask, migrations.RunPython.noop),
    ]
