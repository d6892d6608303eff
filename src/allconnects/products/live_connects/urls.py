"""Addresses of the live map."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects import (
    dashboard_views,
    message_views,
    saved,
    share_pages,
    share_views,
    start_views,
    traffic_views,
    views,
)
from allconnects.telemetry.live.stream import stream

app_name = "live"
urlpatterns = [
    path("map/", views.live_map, name="map"),
    path("overview/", dashboard_views.page, name="dashboard"),
    path("start/", start_views.start, name="start"),
    path("map/stream", stream, name="stream"),
    path("map/traffic", traffic_views.lines, name="traffic"),
    path("map/views/", saved.views, name="views"),
    path("map/views/<int:view>/", saved.view, name="view"),
    path("messages/", message_views.inbox, name="inbox"),
    path("messages/unread.json", message_views.unread, name="unread"),
    path("messages/<int:driver>/", message_views.thread, name="thread"),
    path("shares/", share_views.share_list, name="shares"),
    path("shares/<int:share>/revoke/", share_views.revoke, name="share_revoke"),
    path("s/<str:secret>", share_pages.page, name="share"),
    path("s/<str:secret>/style.json", share_pages.style, name="share_style"),
    path("s/<str:secret>/tiles/<int:z>/<int:x>/<int:y>", share_pages.tile, name="share_tile"),
    path("s/<str:secret>/stream", share_pages.stream, name="share_stream"),
]
