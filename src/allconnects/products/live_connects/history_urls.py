"""Addresses of the pages of history: days, months, corrections, imports."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import history_corrections as corrections
from allconnects.products.live_connects import history_imports as imports
from allconnects.products.live_connects import history_months as months
from allconnects.products.live_connects import history_together as together
from allconnects.products.live_connects import history_views as views
from allconnects.products.live_connects import team_views as teams

app_name = "history"
urlpatterns = [
    path("trips/", months.month, name="month"),
    path("trips/month.<str:form>", months.month_file, name="month_file"),
    path("trips/device/<int:device>/", views.day, name="day"),
    path("trips/device/<int:device>/data", views.data, name="data"),
    path("trips/device/<int:device>/calendar/", months.calendar, name="calendar"),
    path("trips/device/<int:device>/trips.<str:form>", months.trips_file, name="trips_file"),
    path("trips/device/<int:device>/merge/", corrections.merge, name="merge"),
    path("trips/device/<int:device>/split/", corrections.split, name="split"),
    path("trips/device/<int:device>/correct/", corrections.correct, name="correct"),
    path("trips/device/<int:device>/undo/", corrections.undo, name="undo"),
    path("trips/vehicle/<int:vehicle>/", views.vehicle_day, name="vehicle"),
    path("trips/vehicle/<int:vehicle>/calendar/", months.vehicle_calendar, name="vehicle_calendar"),
    path("trips/vehicle/<int:vehicle>/trips.<str:form>", months.vehicle_file, name="vehicle_file"),
    path("trips/together/", together.page, name="together"),
    path("trips/together/data", together.data, name="together_data"),
    path("trips/team/", teams.choose, name="teams"),
    path("trips/team/<int:team>/", teams.day, name="team"),
    path("trips/import/", imports.imports, name="imports"),
    path("trips/import/<int:number>/", imports.one, name="import"),
    path("trips/import/<int:number>/status", imports.status, name="import_status"),
    path("trips/import/<int:number>/start/", imports.start, name="import_start"),
    path("trips/import/<int:number>/cancel/", imports.cancel, name="import_cancel"),
]
