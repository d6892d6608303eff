"""Disclosures: a room of its own inside of privacy."""

from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    """Registered under the label ``privacy_disclosures``."""

    name = "allconnects.privacy.disclosures"
    label = "privacy_disclosures"
    default_auto_field = "django.db.models.AutoField"
