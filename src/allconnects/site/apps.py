"""The site: what joins the rooms."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SiteConfig(AppConfig):
    """Registered under the label ``site``."""

    name = "allconnects.site"

    def ready(self) -> None:
        """Whoever may ask for a job knows all of them."""
        autodiscover_modules("jobs", "ways")
