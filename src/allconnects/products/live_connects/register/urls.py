"""Addresses of the register."""

from __future__ import annotations

from django.urls import path

from allconnects.products.live_connects.register import files, idle, lists, maintenance, number, rows, scan, use

app_name = "register"
urlpatterns = [
    path("register/", lists.start, name="start"),
    path("register/inbox/", use.questions, name="inbox"),
    path("register/inbox/<int:question>/", use.decide, name="decide"),
    path("register/inbox/<int:question>/back", use.ask_again, name="ask_again"),
    path("register/documents/", lists.documents, name="documents"),
    path("register/documents/<int:document>/drop/", use.drop_document, name="drop_document"),
    path("register/missing/", idle.missing, name="missing"),
    path("register/missing/hours.xlsx", idle.hours_file, name="hours_file"),
    path("register/maintenance/", maintenance.overview, name="maintenance"),
    path("register/plans/add/", maintenance.plan, name="add_plan"),
    path("register/plans/<int:number>/", maintenance.plan, name="plan"),
    path("register/plans/<int:number>/away/", maintenance.put_away, name="plan_away"),
    path("register/done/<slug:kind>/<int:key>/", maintenance.enter, name="enter_done"),
    path("register/done/<int:done>/back/", maintenance.withdraw, name="withdraw_done"),
    path("register/materials/<int:key>/meter/", maintenance.meter, name="meter"),
    path("register/check/<slug:kind>/<int:key>/", maintenance.check, name="check"),
    path("register/check/<slug:kind>/<int:key>/code.svg", maintenance.check_code, name="check_code"),
    path("register/installations/<int:installation>/end/", use.uninstall, name="uninstall"),
    path("register/badges/<int:badge>/back/", use.take_badge, name="take_badge"),
    path("register/claims/<int:claim>/withdraw/", use.withdraw, name="withdraw"),
    path("register/members/<int:member>/leave/", use.leave, name="leave"),
    path("register/tags/<int:tag>/remove/", use.remove_tag, name="remove_tag"),
    path("register/people/<uuid:key>/badges/", use.give_badge, name="give_badge"),
    path("register/people/<uuid:key>/number/", number.enter, name="number"),
    path("register/vehicles/<int:key>/claim/", use.claim, name="claim"),
    path("register/teams/<int:key>/join/", use.join, name="join"),
    path("register/materials/<int:key>/hand-over/", use.hand_over, name="hand_over"),
    path("register/materials/<int:key>/tags/", use.add_tag, name="add_tag"),
    path("register/materials/<int:key>/label/", scan.label, name="label"),
    path("register/materials/<int:key>/code.svg", scan.code, name="code"),
    path("register/<slug:path>/", lists.rows, name="list"),
    path("register/<slug:path>/add/", rows.add, name="add"),
    path("register/<slug:path>/bulk/", lists.bulk, name="bulk"),
    path("register/<slug:path>/import/", files.upload, name="upload"),
    path("register/<slug:path>/import/<int:upload>/", files.preview, name="preview"),
    path("register/<slug:path>/import/<int:upload>/status/", files.working, name="working"),
    path("register/<slug:path>/export.csv", files.export, {"form": "csv"}, name="export_csv"),
    path("register/<slug:path>/export.xlsx", files.export, {"form": "xlsx"}, name="export_xlsx"),
    path("register/<slug:path>/<str:key>/", rows.detail, name="detail"),
    path("register/<slug:path>/<str:key>/edit/", rows.edit, name="edit"),
    path("register/<slug:path>/<str:key>/archive/", rows.archive, name="archive"),
    path("register/<slug:path>/<str:key>/restore/", rows.restore, name="restore"),
    path("register/<slug:path>/<str:key>/install/", use.install, name="install"),
    path("register/<slug:path>/<str:key>/documents/", use.add_document, name="add_document"),
    path("m/<str:token>", scan.scanned, name="scanned"),
]
