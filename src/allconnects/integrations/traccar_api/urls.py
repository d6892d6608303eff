"""Addresses as Traccar has them, below /api/."""

from __future__ import annotations

from django.urls import path

from allconnects.integrations.traccar_api import views

app_name = "traccar"
urlpatterns = [
    path("api/server", views.server, name="server"),
    path("api/devices", views.devices, name="devices"),
    path("api/positions", views.positions, name="positions"),
    path("api/geofences", views.geofences, name="geofences"),
    path("api/reports/events", views.events, name="events"),
]
