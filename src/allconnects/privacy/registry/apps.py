"""The registry of an organisation: what it made of what is shipped."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registered under a label of its own, so that its migrations are numbered by themselves."""

    name = "allconnects.privacy.registry"
    label = "privacy_registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tasks are known by name once their module is loaded."""
        from allconnects.privacy.registry import jobs  # noqa: F401
