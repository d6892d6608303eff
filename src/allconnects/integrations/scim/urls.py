"""Addresses of SCIM."""

from __future__ import annotations

from django.urls import path

from allconnects.integrations.scim import views

app_name = "scim"
urlpatterns = [
    path("api/scim/v2/ServiceProviderConfig", views.config, name="config"),
    path("api/scim/v2/ResourceTypes", views.types, name="types"),
    path("api/scim/v2/Schemas", views.schemas, name="schemas"),
    path("api/scim/v2/Users", views.users, name="users"),
    path("api/scim/v2/Users/<uuid:key>", views.user, name="user"),
    path("api/scim/v2/<path:rest>", views.unknown, name="unknown"),
]
