"""The room of billing; its tables are in a database of their own, so Django knows no model of it."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Registered under the label ``billing``."""

    name = "allconnects.billing"
    label = "billing"

    def ready(self) -> None:
        """Tasks are known by name once their module is loaded."""
        from allconnects.billing import jobs  # noqa: F401
