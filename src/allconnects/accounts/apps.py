"""The room of organisations, accounts and sign-in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registered under the label ``accounts``."""

    name = "allconnects.accounts"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Tables of others that hold accounts join the inventory too."""
        from allconnects.accounts.third_party_labels import register_all

        register_all()
