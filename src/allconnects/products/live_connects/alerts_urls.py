"""Addresses of the pages about alerts."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import alerts_rules, alerts_settings, alerts_views

app_name = "alerts"
urlpatterns = [
    path("alerts/", alerts_views.inbox_page, name="inbox"),
    path("alerts/act/", alerts_views.act, name="act"),
    path("alerts/<int:alert>/", alerts_views.detail, name="detail"),
    path("alerts/rules/", alerts_rules.rules_page, name="rules"),
    path("alerts/rules/add/", alerts_rules.add, name="add"),
    path("alerts/rules/suggested/", alerts_rules.take, name="take"),
    path("alerts/rules/<int:rule>/", alerts_rules.edit, name="edit"),
    path("alerts/rules/<int:rule>/switch/", alerts_rules.switch, name="switch"),
    path("alerts/rules/<int:rule>/delete/", alerts_rules.delete, name="delete"),
    path("alerts/rules/<int:rule>/try/", alerts_rules.attempt, name="try"),
    path("alerts/webhooks/", alerts_settings.webhooks_page, name="webhooks"),
    path("alerts/webhooks/<int:webhook>/", alerts_settings.webhook, name="webhook"),
    path("alerts/deliveries/", alerts_settings.deliveries, name="deliveries"),
    path("alerts/push/", alerts_settings.subscribe, name="subscribe"),
    path("alerts/push/forget/", alerts_settings.unsubscribe, name="unsubscribe"),
    path("alerts/push-worker.js", alerts_settings.push_worker, name="push_worker"),
]
