"""Every report: what it answers, its columns, what it may be made for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.utils.translation import gettext_lazy as _

from allconnects.kit.errors import NotFound
from allconnects.reports.columns import Column
from allconnects.reports.data.exceptions import exception_rows
from allconnects.reports.data.mileage import mileage_rows
from allconnects.reports.data.places import material_rows, site_hours_notes, site_hours_rows, visit_rows
from allconnects.reports.data.stops import driver_day_rows, stop_rows
from allconnects.reports.data.trips import speed_rows, trip_rows
from allconnects.reports.data.vehicles import fuel_notes, fuel_rows, idling_notes, idling_rows, use_rows
from allconnects.reports.definition import Chart, Parameter, Report
from allconnects.reports.payroll import payroll_rows

VEHICLE = Column("vehicle", _("Vehicle"), width=20)
PERSON = Column("person", _("Driver"), width=18)
SOMEBODY = Column("person", _("Person"), width=18)
TEAM = Column("team", _("Team"), width=12)
DAY = Column("day", _("Day"), "date", 11)
SITE = Column("site", _("Site"), width=24)
NUMBER = Column("number", _("Number"), width=10)
BEGAN = Column("began", _("Start"), "time", 7)
ENDED = Column("ended", _("End"), "time", 7)
FROM = Column("from", _("From"), width=24)
TO = Column("to", _("To"), width=24)
DISTANCE = Column("distance_m", _("Distance"), "distance_m", 10, "sum")
DRIVING = Column("driving_s", _("Driving"), "duration_s", 9, "sum")
IDLING = Column("idle_s", _("Idling"), "duration_s", 9, "sum")
ID = Column("id", _("Key"), width=14, in_files_only=True)
TIMES = Column("count", _("Number of"), "count", 8, "sum")

_MOVEMENT = ("dispatch", "customer_invoicing", "mobility_allowance", "security_incident", "payroll")
_TOTALS = ("maintenance", "cost_control", "environment")

TRIPS = Report(
    key="trips", title=_("Trips"), text=_("Every trip with its start, end, places and kilometres."), icon="route",
    columns=(VEHICLE, PERSON, TEAM, DAY, BEGAN, ENDED, FROM, TO, DISTANCE, DRIVING, IDLING,
             Column("top_kmh", _("Top speed"), "speed_kmh", 9, "max"), Column("use", _("Use"), width=13), ID),
    purposes=("dispatch", "customer_invoicing", "mobility_allowance", "tax_logbook", "security_incident"),
    rows=trip_rows, identity=("id",), groups=("", "vehicle", "person", "team", "day"),
    selectors=("vehicles", "people", "teams"), chart=Chart("day", "distance_m"),
)  # fmt: skip
STOPS = Report(
    key="stops", title=_("Stops"), text=_("Where vehicles stood, from when to when."), icon="player-pause",
    columns=(VEHICLE, PERSON, TEAM, DAY, BEGAN, Column("ended", _("End"), "moment", 16),
             Column("place", _("Place"), width=30), Column("standing_s", _("Duration"), "duration_s", 9, "sum"),
             Column("count", _("Stops"), "count", 7, "sum"), ID),
    purposes=("dispatch", "customer_invoicing", "security_incident"), rows=stop_rows, identity=("id",),
    groups=("", "vehicle", "person", "team", "day"), selectors=("vehicles", "people", "teams"),
    parameters=(Parameter("least_minutes", _("Stops of at least"), 5, 0, 1440, _("minutes")),),
)  # fmt: skip
VISITS = Report(
    key="visits", title=_("Visits"), text=_("Who and what came to which place, and left again when."), icon="map-pin",
    columns=(SITE, VEHICLE, PERSON, TEAM, DAY, Column("began", _("Arrival"), "time", 9),
             Column("ended", _("Departure"), "moment", 16), Column("stay_s", _("Duration"), "duration_s", 9, "sum"),
             NUMBER, Column("count", _("Visits"), "count", 7, "sum"), ID),
    purposes=("dispatch", "customer_invoicing", "payroll", "mobility_allowance", "security_incident"),
    rows=visit_rows, identity=("id",), groups=("", "site", "vehicle", "person", "team", "day"),
    selectors=("sites", "vehicles", "people", "teams"),
)  # fmt: skip
SITE_HOURS = Report(
    key="site-hours", title=_("Hours at sites"), icon="clock",
    text=_("Which people and vehicles were how long at which site."),
    columns=(SITE, NUMBER, SOMEBODY, VEHICLE, TEAM, DAY, Column("began", _("First arrival"), "time", 9),
             Column("ended", _("Last departure"), "time", 9),
             Column("person_s", _("Hours of people"), "duration_s", 10, "sum"),
             Column("vehicle_s", _("Hours of vehicles"), "duration_s", 10, "sum"),
             Column("inferred", _("By vehicle"), "count", 9, "sum"),
             Column("unclosed", _("Not closed"), "count", 9, "sum"), ID),
    purposes=("dispatch", "customer_invoicing", "payroll", "mobility_allowance"), rows=site_hours_rows,
    identity=("id", "day"), groups=("", "site", "person", "vehicle", "team", "day"),
    selectors=("sites", "people", "vehicles", "teams"), chart=Chart("site", "person_s"), notes=site_hours_notes,
)  # fmt: skip
USE = Report(
    key="use", title=_("Use of vehicles"), icon="gauge",
    text=_("How much of the working day each vehicle is in use, and which ones stand idle."),
    columns=(VEHICLE, Column("class", _("Class"), width=14), DAY, Column("trips", _("Trips"), "count", 7, "sum"),
             DISTANCE, DRIVING, IDLING,
             Column("in_use_s", _("In use on working days"), "duration_s", 9, "sum", in_files_only=True),
             Column("working_s", _("Working time"), "duration_s", 9, "sum", in_files_only=True),
             Column("used_share", _("In use"), "share", 8, "ratio", ("in_use_s", "working_s")),
             Column("used_days", _("Days used"), "count", 7, "sum"),
             Column("working_days", _("Working days"), "count", 8, "sum"), ID),
    purposes=(*_TOTALS, "dispatch"), rows=use_rows, identity=("id", "day"), groups=("vehicle", "day", ""),
    selectors=("vehicles",), chart=Chart("vehicle", "distance_m"), personal=False, longest_days=366,
)  # fmt: skip
IDLING_REPORT = Report(
    key="idling", title=_("Idling"), text=_("Engines that ran while the vehicle stood, and what that burnt."),
    icon="engine",
    columns=(VEHICLE, PERSON, TEAM, DAY, DRIVING, IDLING,
             Column("engine_s", _("Engine on"), "duration_s", 9, "sum"),
             Column("idle_share", _("Proportion"), "share", 8, "ratio", ("idle_s", "engine_s")),
             Column("litres", _("Fuel"), "litres", 8, "sum"), Column("co2_kg", _("CO₂"), "kg", 8, "sum"),
             Column("trips", _("Trips"), "count", 7, "sum"), ID),
    purposes=("maintenance", "cost_control", "environment"), rows=idling_rows, identity=("id", "day"),
    groups=("vehicle", "person", "team", "day", ""), selectors=("vehicles", "people", "teams"),
    chart=Chart("vehicle", "idle_s"), notes=idling_notes,
)  # fmt: skip
MILEAGE = Report(
    key="mileage", title=_("Business and private kilometres"), icon="map-2",
    text=_("Kilometres for work, from home to work and private, and how many trips a driver classified himself."),
    columns=(VEHICLE, PERSON, TEAM, DAY, DISTANCE, Column("business_m", _("Business"), "distance_m", 10, "sum"),
             Column("commute_m", _("Home to work"), "distance_m", 10, "sum"),
             Column("private_m", _("Private"), "distance_m", 10, "sum"), Column("trips", _("Trips"), "count", 7, "sum"),
             Column("by_driver", _("Said by driver"), "count", 9, "sum"),
             Column("by_manager", _("Said by manager"), "count", 9, "sum"),
             Column("by_rule", _("By rule"), "count", 8, "sum"), ID),
    purposes=("tax_logbook", "mobility_allowance", "payroll", "cost_control"), rows=mileage_rows,
    identity=("id", "day"), groups=("vehicle", "person", "team", "day", ""),
    selectors=("vehicles", "people", "teams"), chart=Chart("vehicle", "distance_m"), longest_days=366,
)  # fmt: skip
DRIVER_DAY = Report(
    key="driver-day", title=_("Day of drivers"), icon="user",
    text=_("First start, last end, driving and breaks of each driver's day."),
    columns=(PERSON, TEAM, DAY, Column("began", _("First start"), "time", 8), Column("ended", _("Last end"), "time", 8),
             Column("span_s", _("Span"), "duration_s", 8, "sum"),
             Column("driving_s", _("Under way"), "duration_s", 9, "sum"),
             Column("break_s", _("Standing between"), "duration_s", 9, "sum"),
             Column("longest_break_s", _("Longest break"), "duration_s", 9, "max"),
             Column("trips", _("Trips"), "count", 6, "sum"), DISTANCE, FROM, Column("places", _("Places"), width=36),
             Column("vehicles", _("Vehicles"), width=18), Column("days", _("Days"), "count", 6, "sum"), ID),
    purposes=("dispatch", "payroll", "mobility_allowance"), rows=driver_day_rows, identity=("id", "day"),
    groups=("person", "day", ""), selectors=("people", "teams"),
)  # fmt: skip
MATERIALS = Report(
    key="materials", title=_("Materials by site"), text=_("Which materials were at which site, and how long."),
    icon="package",
    columns=(Column("material", _("Material"), width=24), Column("category", _("Category"), width=14), SITE, NUMBER,
             Column("began", _("From"), "moment", 16), Column("ended", _("Until"), "moment", 16),
             Column("days", _("Days"), "count", 7, "sum"), Column("stay_s", _("Time"), "duration_s", 9, "sum"), ID),
    purposes=("dispatch", "customer_invoicing", "cost_control", "security_incident"), rows=material_rows,
    identity=("id",), groups=("site", "material", ""), selectors=("sites", "materials"), personal=False,
    longest_days=366,
)  # fmt: skip
FUEL = Report(
    key="fuel", title=_("Fuel and CO₂"),
    text=_("Fuel and greenhouse gas of each vehicle, and from what it was worked out."),
    icon="bolt",
    columns=(VEHICLE, Column("class", _("Class"), width=14), Column("fuel", _("Fuel"), width=12), DAY, DISTANCE,
             Column("litres", _("Fuel"), "litres", 9, "sum"),
             Column("per_100km", _("l/100 km"), "rate", 8, "ratio", ("litres", "fuelled_m"), 100_000),
             Column("fuelled_m", _("Distance on that fuel"), "distance_m", 10, "sum", in_files_only=True),
             Column("kwh", "kWh", "rate", 8, "sum"), Column("co2_kg", _("CO₂"), "kg", 9, "sum"),
             Column("basis", _("Worked out from"), width=20), ID),
    purposes=("environment", "cost_control", "maintenance"), rows=fuel_rows, identity=("id", "day"),
    groups=("vehicle", "day", ""), selectors=("vehicles",), chart=Chart("vehicle", "co2_kg"), personal=False,
    longest_days=366, notes=fuel_notes,
)  # fmt: skip
SPEED = Report(
    key="speed", title=_("Speed"), text=_("Trips whose top speed was above a limit."), icon="gauge",
    columns=(VEHICLE, PERSON, TEAM, DAY, BEGAN, ENDED, FROM, TO,
             Column("top_kmh", _("Top speed"), "speed_kmh", 9, "max"),
             Column("over_kmh", _("Above the limit"), "speed_kmh", 9, "max"), DISTANCE, TIMES, ID),
    purposes=("road_safety", "security_incident"), rows=speed_rows, identity=("id",),
    groups=("", "vehicle", "person", "team", "day"), selectors=("vehicles", "people", "teams"),
    parameters=(Parameter("limit_kmh", _("Limit"), 120, 20, 200, "km/h"),), longest_days=31,
)  # fmt: skip
EXCEPTIONS = Report(
    key="exceptions", title=_("Missing data"), icon="alert-triangle",
    text=_("Trips without driver, silent devices and open questions."),
    columns=(Column("kind", _("What"), width=22), VEHICLE, DAY, Column("at", _("Since"), "moment", 16), DISTANCE,
             Column("todo", _("What to do"), width=30), TIMES, ID),
    purposes=("data_quality", "dispatch", "payroll"), rows=exception_rows, identity=("id",), groups=("", "vehicle"),
    selectors=("vehicles",), parameters=(Parameter("silent_hours", _("Silent for more than"), 24, 1, 720, _("hours")),),
)  # fmt: skip
PAYROLL = Report(
    key="payroll-month", title=_("Month for payroll"), icon="users",
    text=_("Hours at sites and kilometres of each person in the month in which the period begins."),
    columns=(Column("person", _("Person"), width=20), Column("number", _("Number"), width=10),
             Column("employer", _("Employer"), width=16), Column("site", _("Site"), width=24),
             Column("days", _("Days"), "count", 7, "sum"),
             Column("site_s", _("Hours at sites"), "duration_s", 10, "sum"),
             Column("driver_m", _("As driver"), "distance_m", 10, "sum"),
             Column("passenger_m", _("As passenger"), "distance_m", 10, "sum"),
             Column("missing", _("Missing"), "count", 8, "sum"), Column("state", _("State"), width=14),
             Column("approved_by", _("Approved by"), width=16),
             Column("id", _("Key"), width=14, in_files_only=True)),
    purposes=("payroll", "mobility_allowance"), rows=payroll_rows, identity=("id",), groups=("person", ""),
    selectors=("people",), longest_days=31,
)  # fmt: skip
REPORTS = (
    TRIPS, STOPS, VISITS, SITE_HOURS, DRIVER_DAY, USE, IDLING_REPORT, MILEAGE, MATERIALS, FUEL, SPEED, PAYROLL,
    EXCEPTIONS,
)  # fmt: skip


@cache
def reports() -> Mapping[str, Report]:
    """Every report by key."""
    return {report.key: report for report in REPORTS}


def report_of(key: str) -> Report:
    """The report of that name. Raises NotFound."""
    found = reports().get(key)
    if found is None:
        raise NotFound("there is no such report")
    return found
