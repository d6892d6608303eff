"""Addresses of the pages of reports."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import (
    reports_firm,
    reports_logbook,
    reports_payroll,
    reports_sending,
    reports_views,
)

app_name = "reports"
urlpatterns = [
    path("reports/", reports_views.overview, name="list"),
    path("reports/run/<slug:key>/", reports_views.run, name="run"),
    path("reports/run/<slug:key>/file.<str:form>", reports_views.file, name="file"),
    path("reports/log/", reports_views.log, name="log"),
    path("reports/head/", reports_firm.head, name="head"),
    path("reports/head/logo", reports_firm.logo, name="logo"),
    path("reports/hours/", reports_firm.hours, name="hours"),
    path("reports/hours/<int:team>/", reports_firm.hours, name="team_hours"),
    path("reports/scheduled/", reports_sending.scheduled, name="scheduled"),
    path("reports/scheduled/new/", reports_sending.schedule, name="new_schedule"),
    path("reports/scheduled/<int:schedule>/", reports_sending.schedule, name="schedule"),
    path("reports/scheduled/<int:schedule>/act/", reports_sending.act, name="act"),
    path("reports/deliveries/<int:delivery>/", reports_sending.delivery, name="delivery"),
    path("reports/unsubscribe/<str:token>/", reports_sending.unsubscribe, name="unsubscribe"),
    path("reports/payroll/", reports_payroll.month, name="payroll"),
    path("reports/payroll/<uuid:person>/", reports_payroll.person, name="payroll_person"),
    path("reports/logbook/", reports_logbook.overview, name="logbook"),
    path("reports/logbook/<int:vehicle>/", reports_logbook.vehicle, name="logbook_vehicle"),
    path("reports/logbook/<int:vehicle>/file.<str:form>", reports_logbook.file, name="logbook_file"),
    path("my/hours/", reports_payroll.mine, name="my_hours"),
    path("my/trips/", reports_logbook.mine, name="mine"),
]
