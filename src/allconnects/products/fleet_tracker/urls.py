"""Addresses of the pages about devices."""

from __future__ import annotations

from django.urls import path

from allconnects.products.fleet_tracker import commands, free_views, views

app_name = "devices"
urlpatterns = [
    path("devices/", views.devices, name="list"),
    path("devices/add/", views.add, name="add"),
    path("devices/accept/", views.accept, name="accept"),
    path("devices/dismiss/", views.dismiss, name="dismiss"),
    path("devices/<int:device>/", views.detail, name="detail"),
    path("devices/<int:device>/commands/", commands.commands, name="commands"),
    path("devices/<int:device>/commands/<int:command>/withdraw/", commands.withdraw, name="withdraw"),
    path("devices/<int:device>/delete/", views.delete, name="delete"),
    path("phone/", free_views.phone, name="phone"),
    path("phone/start/", free_views.start, name="phone_start"),
]
