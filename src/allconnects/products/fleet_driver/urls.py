"""Addresses of the driver's app, of the office's settings for it, and of what a person may know."""

from __future__ import annotations

from django.urls import path

from allconnects.products.fleet_driver import office, personal, views

app_name = "driver"
urlpatterns = [
    path("driver/", views.app, name="app"),
    path("driver/private/", views.private, name="private"),
    path("driver/settings/", views.settings, name="settings"),
    path("driver/app.webmanifest", views.manifest, name="manifest"),
    path("driver/worker.js", views.worker, name="worker"),
    path("driver/office/", office.rule, name="office"),
    path("driver/office/switch/", office.switch, name="switch"),
    path("driver/office/theft/", office.declare, name="declare"),
    path("driver/office/theft/<int:exception>/", office.decide, name="decide"),
    path("driver/office/people/<uuid:person>/", office.planning, name="planning"),
    path("privacy/", personal.overview, name="privacy"),
    path("privacy/looked/", personal.looked, name="looked"),
    path("privacy/notice/<slug:product>/", personal.notice, name="notice"),
]
