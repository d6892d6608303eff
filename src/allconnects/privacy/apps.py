"""The room of privacy: inventory, vault, audit, requests."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Registered under the label ``privacy``."""

    name = "allconnects.privacy"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Its plain SQL tables join the inventory."""
        from allconnects.privacy.access import labels as access  # noqa: F401
        from allconnects.privacy.audit import labels as audit  # noqa: F401
        from allconnects.privacy.vault import labels as vault  # noqa: F401
