"""The room of places: geofences, visits, addresses."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Registered under the label ``places``."""

    name = "allconnects.places"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tables that are plain SQL join the inventory too."""
        from allconnects.places import labels  # noqa: F401
