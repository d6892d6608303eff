"""Addresses of disclosures."""

from __future__ import annotations

from django.urls import path

from allconnects.privacy.disclosures import views

app_name = "disclosures"
urlpatterns = [
    path("privacy/disclosures/", views.listed, name="list"),
    path("privacy/disclosures/new/", views.new, name="new"),
    path("privacy/disclosures/<uuid:disclosure>/", views.one, name="one"),
    path("privacy/disclosures/<uuid:disclosure>/act/", views.act, name="act"),
]
