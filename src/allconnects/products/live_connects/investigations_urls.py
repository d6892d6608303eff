"""Addresses of investigations."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import investigations_views as views
from allconnects.products.live_connects import waiting_views

app_name = "investigations"
urlpatterns = [
    path("privacy/investigations/", views.listed, name="list"),
    path("privacy/investigations/new/", views.new, name="new"),
    path("privacy/investigations/<uuid:case>/", views.one, name="one"),
    path("privacy/investigations/<uuid:case>/act/", views.act, name="act"),
    path("privacy/waiting/", waiting_views.listed, name="waiting"),
]
