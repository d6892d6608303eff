"""Mollie as the payment processor of this server, where the operator has set its key."""

from django.apps import AppConfig


class MollieConfig(AppConfig):
    """Registered under the label ``mollie``."""

    name = "allconnects.integrations.mollie"
    label = "mollie"

    def ready(self) -> None:
        """Billing knows no processor by name: it asks whoever says that he is one."""
        from allconnects.billing import processor
        from allconnects.integrations.mollie.client import from_settings

        processor.register(from_settings)
