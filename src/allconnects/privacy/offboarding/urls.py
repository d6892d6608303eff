"""Addresses of the leaving of an organisation."""

from __future__ import annotations

from django.urls import path

from allconnects.privacy.offboarding import views

app_name = "offboarding"
urlpatterns = [
    path("organisation/leave/", views.leave, name="leave"),
    path("organisation/leave/copy/", views.fetch, name="fetch"),
]
