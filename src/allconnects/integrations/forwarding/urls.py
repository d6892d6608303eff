"""Addresses of the pages about forwarding."""

from __future__ import annotations

from django.urls import path

from allconnects.integrations.forwarding import views

app_name = "forwarding"
urlpatterns = [
    path("organisation/forwarding/", views.targets, name="list"),
    path("organisation/forwarding/<int:target>/", views.change, name="change"),
]
