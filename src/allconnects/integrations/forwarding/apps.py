"""The folder of forwarding; it can be taken out of INSTALLED_APPS."""

from django.apps import AppConfig


class ForwardingConfig(AppConfig):
    """Registered under the label ``forwarding``."""

    name = "allconnects.integrations.forwarding"
    label = "forwarding"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tasks are known by name once their module is loaded."""
        from allconnects.integrations.forwarding import jobs  # noqa: F401
