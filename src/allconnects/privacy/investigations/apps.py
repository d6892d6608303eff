"""Investigations: a room of its own inside of privacy."""

from django.apps import AppConfig


class InvestigationsConfig(AppConfig):
    """Registered under the label ``privacy_investigations``."""

    name = "allconnects.privacy.investigations"
    label = "privacy_investigations"
    default_auto_field = "django.db.models.AutoField"
