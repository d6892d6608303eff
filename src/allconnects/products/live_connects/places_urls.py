"""Addresses of the pages about places."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import places, places_import

app_name = "places"
urlpatterns = [
    path("places/", places.places, name="list"),
    path("places/shapes.json", places.place_shapes, name="shapes"),
    path("places/add/", places.add, name="add"),
    path("places/import/", places_import.import_places, name="import"),
    path("places/home/", places.home, name="home"),
    path("places/<int:place>/", places.detail, name="detail"),
    path("places/<int:place>/change/", places.change, name="change"),
    path("places/<int:place>/delete/", places.delete, name="delete"),
]
