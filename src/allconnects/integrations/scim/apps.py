"""The folder of SCIM; it can be taken out of INSTALLED_APPS."""

from django.apps import AppConfig


class ScimConfig(AppConfig):
    """Registered under the label ``scim``."""

    name = "allconnects.integrations.scim"
    label = "scim"
    default_auto_field = "django.db.models.AutoField"
