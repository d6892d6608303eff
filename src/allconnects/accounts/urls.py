"""Addresses of organisations and of one's own account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allconnects.accounts import views

organisation: list[URLPattern | URLResolver] = [
    path("", views.members, name="members"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("organisation/", include((organisation, "organisation"))),
    path("preferences/", views.preferences, name="preferences"),
    path("language/", views.set_language, name="set_language"),
]
