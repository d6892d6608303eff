"""The product LIVE.connects."""

from django.apps import AppConfig


class LiveConnectsConfig(AppConfig):
    """Registered under the label ``live_connects``."""

    name = "allconnects.products.live_connects"
