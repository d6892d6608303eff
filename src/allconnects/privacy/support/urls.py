"""Addresses of support access."""

from __future__ import annotations

from django.urls import path

from allconnects.privacy.support import views

app_name = "support"
urlpatterns = [
    path("support/", views.ask, name="ask"),
    path("organisation/support/", views.grants, name="grants"),
    path("organisation/support/<int:grant>/", views.decide, name="decide"),
]
