"""A time may also be closed because its person was erased; the role that erases may close it."""

from __future__ import annotations

from django.db import migrations

FORGET = "telemetry_forget_time(integer, tstzrange), telemetry_forget_device(integer)"


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0009_news")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE telemetry_private DROP CONSTRAINT telemetry_private_reason_check", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            "ALTER TABLE telemetry_private ADD CONSTRAINT telemetry_private_reason_check "
            "CHECK (reason IN ('driver', 'leave', 'input', 'schedule', 'erased'))",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(f"GRANT EXECUTE ON FUNCTION {FORGET} TO allconnects_rights", migrations.RunSQL.noop),
    ]
