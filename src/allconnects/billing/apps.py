"""The room of billing; its tables are in a database of their own, so Django knows no model of it."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Registered under the label ``billing``."""

    name = "allconnects.billing"
    label = "billing"

    def ready(self) -> None:
        """Tasks and labels are known once their modules are loaded."""
        from allconnects.billing import jobs, labels, leaving  # noqa: F401
