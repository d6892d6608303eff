"""Requests of data subjects: a room of its own inside of privacy."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Registered under the label ``privacy_requests``."""

    name = "allconnects.privacy.requests"
    label = "privacy_requests"
    default_auto_field = "django.db.models.AutoField"
