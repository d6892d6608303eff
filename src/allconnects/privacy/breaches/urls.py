"""Addresses of the register of breaches."""

from __future__ import annotations

from django.urls import path

from allconnects.privacy.breaches import views

app_name = "breaches"
urlpatterns = [
    path("organisation/breaches/", views.register, name="list"),
    path("organisation/breaches/add/", views.add, name="add"),
    path("organisation/breaches/<int:number>/", views.one, name="one"),
]
