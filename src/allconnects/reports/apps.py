"""The room of reports, the logbook and what is prepared for payroll."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registered under the label ``reports``."""

    name = "allconnects.reports"
    default_auto_field = "django.db.models.AutoField"
