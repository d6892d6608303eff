"""The room of vehicles, materials, people and teams."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Registered under the label ``fleet``."""

    name = "allconnects.fleet"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """What requests, erasures and demands of authorities ask of the register."""
        from allconnects.fleet import disclosing, erasing, requests  # noqa: F401

        requests.join()
        disclosing.join()
