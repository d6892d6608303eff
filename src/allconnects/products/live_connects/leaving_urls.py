"""Addresses of the pages on leaving."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import leaving_views

app_name = "leaving"
urlpatterns = [
    path("organisation/leaving/", leaving_views.past, name="past"),
    path("organisation/leaving/person/<uuid:person>/", leaving_views.person, name="person"),
    path("organisation/leaving/member/<int:membership>/", leaving_views.account, name="account"),
]
