"""Addresses of the live map."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import views
from allconnects.telemetry.live.stream import stream

app_name = "live"
urlpatterns = [
    path("map/", views.live_map, name="map"),
    path("map/stream", stream, name="stream"),
]
