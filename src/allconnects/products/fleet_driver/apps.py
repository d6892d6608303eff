"""The product FLEET.driver."""

from django.apps import AppConfig


class FleetDriverConfig(AppConfig):
    """Registered under the label ``fleet_driver``."""

    name = "allconnects.products.fleet_driver"
