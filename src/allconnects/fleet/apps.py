"""The room of vehicles, materials, people and teams."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Registered under the label ``fleet``."""

    name = "allconnects.fleet"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Requests of data subjects ask the register who people are, erasures what goes along."""
        from allconnects.fleet import erasing  # noqa: F401
        """Requests of data subjects ask the register who people are; authorities, with an order, what they had."""
        from allconnects.fleet import disclosing, requests

        requests.join()
        disclosing.join()
