"""Address of the page on how long history is kept."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allconnects.telemetry.keeping import views

app_name = "keeping"
urlpatterns: list[URLPattern | URLResolver] = [path("organisation/history/", views.keeping, name="keeping")]
