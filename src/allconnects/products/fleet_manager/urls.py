"""Addresses of the manager's app: all under one path, which is what its service worker may see."""

from __future__ import annotations

from django.urls import path

from allconnects.products.fleet_manager import views, work

app_name = "manager"
urlpatterns = [
    path("manager/", views.app, name="app"),
    path("manager/app.webmanifest", views.manifest, name="manifest"),
    path("manager/day.json", work.day, name="day"),
    path("manager/waiting.json", work.waiting, name="waiting"),
    path("manager/act", work.act, name="act"),
    path("manager/worker.js", views.worker, name="worker"),
]
