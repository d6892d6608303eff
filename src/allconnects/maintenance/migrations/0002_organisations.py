"""Keys that hold rows to their organisation."""

from __future__ import annotations

from django.db import migrations

_KEYS = (
    ("plan", "vehicle_id", "fleet_vehicle"),
    ("plan", "material_id", "fleet_material"),
    ("done", "plan_id", "maintenance_plan"),
    ("done", "vehicle_id", "fleet_vehicle"),
    ("done", "material_id", "fleet_material"),
    ("due", "plan_id", "maintenance_plan"),
    ("due", "vehicle_id", "fleet_vehicle"),
    ("due", "material_id", "fleet_material"),
    ("meter", "material_id", "fleet_material"),
    ("usage", "material_id", "fleet_material"),
)


def _statement(table: str, column: str, other: str) -> migrations.RunSQL:
    name = f"{table}_{column.removesuffix('_id')}_of_organisation"
    return migrations.RunSQL(
        f"ALTER TABLE maintenance_{table} ADD CONSTRAINT {name} FOREIGN KEY (organisation_id, {column}) "
        f"REFERENCES {other} (organisation_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE maintenance_{table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("maintenance", "0001_initial"), ("fleet", "0002_ranges"), ("trips", "0002_outcomes")]
    operations = [_statement(*one) for one in _KEYS]
