"""Addresses of billing. None holds anything about a person: numbers of invoices and of payments."""

from __future__ import annotations

from django.urls import path

from allconnects.billing import views

app_name = "billing"
urlpatterns = [
    path("billing/", views.overview, name="overview"),
    path("billing/details/", views.details, name="details"),
    path("billing/plan/", views.plan, name="plan"),
    path("billing/licence/", views.licence, name="licence"),
    path("billing/invoices/<str:number>.<str:form>", views.file, name="file"),
    path("billing/invoices/<str:number>/pay/", views.pay, name="pay"),
    path("billing/told/<int:organisation>/<int:year>/<uuid:payment>/", views.told, name="told"),
]
