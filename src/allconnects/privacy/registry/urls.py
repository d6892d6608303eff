"""Addresses of the registry and of published notices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from allconnects.privacy.registry import notices, views

app_name = "registry"
urlpatterns: list[URLPattern | URLResolver] = [
    path("privacy/registry/", views.overview, name="overview"),
    path("privacy/registry/publish/", views.publish, name="publish"),
    path("privacy/registry/preview/<slug:name>/<slug:language>/", views.preview, name="preview"),
    path("privacy/registry/versions/<int:number>/told/", views.deliveries, name="deliveries"),
    path("privacy/registry/versions/<int:number>/seen/", notices.seen, name="seen"),
    path("privacy/registry/<slug:kind>/<str:key>/", views.entry, name="entry"),
    path("privacy/registry/<slug:kind>/<str:key>/put-back/", views.put_back, name="put_back"),
    path("privacy/notices/<str:token>/", notices.versions, name="versions"),
    path("privacy/notices/<str:token>/<int:number>/", notices.notice, name="notice"),
]
