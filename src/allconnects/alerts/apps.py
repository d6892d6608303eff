"""The room of rules, of what they found, and of who was told."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Registered under the label ``alerts``."""

    name = "allconnects.alerts"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tasks are known by name once their module is loaded."""
        from allconnects.alerts import jobs  # noqa: F401
