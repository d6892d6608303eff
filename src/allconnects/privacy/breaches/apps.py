"""The register of breaches."""

from django.apps import AppConfig


class BreachesConfig(AppConfig):
    """Registered under a label of its own, so that its migrations are numbered by themselves."""

    name = "allconnects.privacy.breaches"
    label = "privacy_breaches"
    default_auto_field = "django.db.models.AutoField"
