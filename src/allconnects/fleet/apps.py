"""The room of vehicles, materials, people and teams."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Registered under the label ``fleet``."""

    name = "allconnects.fleet"
    default_auto_field = "django.db.models.AutoField"
