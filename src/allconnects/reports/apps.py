"""The room of reports, the logbook and what is prepared for payroll."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registered under the label ``reports``."""

    name = "allconnects.reports"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """The gate follows the working hours entered here; a closed month keeps what its trips were for; purposes of
        reports stand in the registry."""
        from allconnects.fleet.private import hours
        from allconnects.reports import declared, investigating
        from allconnects.reports.classifying import is_closed
        from allconnects.reports.firm import hours_of
        from allconnects.trips.purposes import guard

        hours.follow(hours_of)
        guard(is_closed)
        declared.offer_all()
        investigating.join()
