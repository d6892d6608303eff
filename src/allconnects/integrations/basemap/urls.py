"""Addresses of the map under the symbols."""

from __future__ import annotations

from django.urls import path

from allconnects.integrations.basemap import views

app_name = "basemap"
urlpatterns = [
    path("basemap/style.json", views.style, name="style"),
    path("basemap/status", views.status, name="status"),
    path("basemap/tiles/<int:z>/<int:x>/<int:y>", views.tile, name="tile"),
]
