"""The room of services and checks that come back, and of hours used."""

from django.apps import AppConfig


class MaintenanceConfig(AppConfig):
    """Registered under the label ``maintenance``."""

    name = "allconnects.maintenance"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tasks are known by name once their module is loaded; alerts learn what is due."""
        from allconnects.maintenance import jobs  # noqa: F401
        from allconnects.maintenance.services import due, idle

        due.register_with_alerts()
        idle.register_with_alerts()
