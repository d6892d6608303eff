"""The product FLEET.manager."""

from django.apps import AppConfig


class FleetManagerConfig(AppConfig):
    """Registered under the label ``fleet_manager``."""

    name = "allconnects.products.fleet_manager"
