"""Addresses of requests: one's own, those for strangers, and those of whoever answers."""

from __future__ import annotations

from django.urls import path

from allconnects.privacy.requests import views_mine, views_public, views_queue

app_name = "requests"
ROOT = "privacy/requests/"
urlpatterns = [
    path(ROOT, views_mine.mine, name="mine"),
    path(ROOT + "new/", views_mine.new, name="new"),
    path(ROOT + "ask/", views_public.ask, name="ask"),
    path(ROOT + "ask/<slug:slug>/", views_public.ask, name="ask_of"),
    path(ROOT + "confirm/<str:token>/", views_public.confirm, name="confirm"),
    path(ROOT + "follow/<str:token>/", views_public.follow, name="follow"),
    path(ROOT + "follow/<str:token>/<int:letter>.pdf", views_public.follow_letter, name="follow_letter"),
    path(ROOT + "queue/", views_queue.queue, name="queue"),
    path(ROOT + "queue/enter/", views_queue.enter, name="enter"),
    path(ROOT + "queue/officers/", views_queue.officers, name="officers"),
    path(ROOT + "queue/<uuid:case>/", views_queue.case_page, name="case"),
    path(ROOT + "queue/<uuid:case>/act/", views_queue.act, name="act"),
    path(ROOT + "queue/<uuid:case>/<int:letter>.pdf", views_queue.letter, name="letter"),
    path(ROOT + "<uuid:case>/", views_mine.mine_one, name="mine_one"),
    path(ROOT + "<uuid:case>/package/", views_mine.mine_package, name="mine_package"),
    path(ROOT + "<uuid:case>/withdraw/", views_mine.mine_withdraw, name="mine_withdraw"),
    path(ROOT + "<uuid:case>/<int:letter>.pdf", views_mine.mine_letter, name="mine_letter"),
]
