"""The tables of this room, by what they are about."""

from allconnects.reports.models.firm import Profile, WorkingHours
from allconnects.reports.models.logbook import Entry, LogbookRow
from allconnects.reports.models.payroll import Contest, Outcome, PayrollMonth
from allconnects.reports.models.sending import FILES, Delivery, DeliveryState, Form, Frequency, Receiver, Run, Schedule

__all__ = [
    "FILES",
    "Contest",
    "Delivery",
    "DeliveryState",
    "Entry",
    "Form",
    "Frequency",
    "LogbookRow",
    "Outcome",
    "PayrollMonth",
    "Profile",
    "Receiver",
    "Run",
    "Schedule",
    "WorkingHours",
]
