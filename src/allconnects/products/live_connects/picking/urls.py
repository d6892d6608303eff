"""Addresses of fields that suggest."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects.picking import views

app_name = "picking"
urlpatterns = [path("find/<slug:kind>/", views.find, name="find")]
