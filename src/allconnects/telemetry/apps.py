"""The room from radio to track: knows devices, not vehicles or people."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Registered under the label ``telemetry``."""

    name = "allconnects.telemetry"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tables that are plain SQL join the inventory too."""
        from allconnects.telemetry import departing, erasing, handing  # noqa: F401
        from allconnects.telemetry.store import labels  # noqa: F401
