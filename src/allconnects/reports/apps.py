"""The room of reports, the logbook and what is prepared for payroll."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registered under the label ``reports``."""

    name = "allconnects.reports"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """The gate follows the working hours that are entered here."""
        from allconnects.fleet.private import hours
        from allconnects.reports.firm import hours_of

        hours.follow(hours_of)
