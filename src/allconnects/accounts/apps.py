"""The room of organisations, accounts and sign-in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registered under the label ``accounts``."""

    name = "allconnects.accounts"
    default_auto_field = "django.db.models.AutoField"
