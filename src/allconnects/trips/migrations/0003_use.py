"""What the month overview reads stands in one index, so that it never opens the wide rows."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("trips", "0002_outcomes")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX trips_trip_use ON trips_trip (organisation_id, start_at) "
            "INCLUDE (vehicle, device_id, end_at, distance_m, moving_s, idle_s) WHERE shown",
            "DROP INDEX trips_trip_use",
        )
    ]
