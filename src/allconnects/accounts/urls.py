"""Addresses of organisations and of one's own account."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allconnects.accounts import invitations, preferences, views

organisation: list[URLPattern | URLResolver] = [
    path("", views.members, name="members"),
    path("choose/", views.choose, name="choose"),
    path("invite/", views.invite, name="invite"),
    path("invitations/<int:invitation>/withdraw/", views.withdraw, name="withdraw"),
    path("members/<int:membership>/role/", views.change_role, name="role"),
    path("members/<int:membership>/remove/", views.remove, name="remove"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", views.revoke, name="revoke"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("organisation/", include((organisation, "organisation"))),
    path("invitation/<str:secret>/", invitations.invitation, name="invitation"),
    path("settings/", preferences.own_settings, name="settings"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("language/", preferences.set_language, name="set_language"),
]
