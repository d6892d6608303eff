"""The product LIVE.connects."""

from django.apps import AppConfig


class LiveConnectsConfig(AppConfig):
    """Registered under the label ``live_connects``."""

    name = "allconnects.products.live_connects"

    def ready(self) -> None:
        """Forms of the register choose employers and accounts as every page does."""
        from allconnects.fleet.forms import PersonForm
        from allconnects.products.live_connects.picking.fields import PickWidget
        from allconnects.products.live_connects.picking.sources import ACCOUNT, EMPLOYER

        PersonForm.drawn = {"employer": lambda: PickWidget(EMPLOYER), "account": lambda: PickWidget(ACCOUNT)}
