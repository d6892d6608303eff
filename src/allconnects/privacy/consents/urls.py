"""Addresses of the pages of consents."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allconnects.privacy.consents import views

app_name = "consents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/consents/", views.mine, name="mine"),
    path("privacy/consents/change/", views.change, name="change"),
    path("privacy/cookies/", views.cookies, name="cookies"),
    path("newsletter/", views.subscribe, name="subscribe"),
    path("newsletter/confirm/<str:token>/", views.confirm, name="confirm"),
    path("newsletter/out/<str:token>/", views.out, name="out"),
]
