"""The ledger of consents and the newsletter that hangs on it."""

from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    """Registered under a label of its own, so that its migrations are numbered by themselves."""

    name = "allconnects.privacy.consents"
    label = "privacy_consents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Closing an account ends what was sent to its address."""
        from allconnects.privacy.consents import closing

        closing.listen()
