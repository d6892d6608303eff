"""Pages of imports: choose a file, look at what would come, watch it come."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects.history_views import organisation_of
from allconnects.products.live_connects.picking.fields import picked
from allconnects.products.live_connects.picking.sources import DEVICE
from allconnects.telemetry.imports import jobs, problems, services
from allconnects.telemetry.imports.models import Import, Stage
from allconnects.telemetry.keeping.services import days_kept

MOST_BYTES = 50 * 1024 * 1024


@require_http_methods(["GET", "POST"])
@member("manager")
def imports(request: TenantRequest) -> HttpResponse:
    """Choose a file; what was imported before."""
    told = ""
    if request.method == "POST":
        try:
            return redirect("history:import", number=_preview(request).pk)
        except InvalidInput as error:
            told = error.message
    context = {
        "imports": services.imports(),
        "chosen": request.POST.get("device") or request.GET.get("device", ""),
        "days": days_kept(),
        "error": told,
        "most_mb": MOST_BYTES // 1024**2,
    }
    return render(request, "history/imports.html", context)


def _preview(request: TenantRequest) -> Import:
    upload = request.FILES.get("file")
    if upload is None:
        raise InvalidInput(_("Choose a file."))
    if (upload.size or 0) > MOST_BYTES:
        raise InvalidInput(_("This file is too large for the page; the command allconnects import takes it."))
    device = picked(request.POST, DEVICE, "device")
    chosen = int(device) if device.isascii() and device.isdigit() and len(device) < 10 else None
    content = cast(BinaryIO, upload.file)
    return services.preview(organisation_of(request), upload.name or "", content, chosen)


@member("manager")
def one(request: TenantRequest, number: int) -> HttpResponse:
    """One import: the preview with its yes and no, then how far it is."""
    row = services.one_import(number)
    context = {
        "row": row,
        "problems": problems.told(row.problems),
        "unlisted": row.wrong - len(row.problems),
        "seen_before": row.stage == Stage.PREVIEW and services.seen_before(row),
        "days": days_kept(),
    }
    return render(request, "history/import.html", context)


@member("manager")
def status(_request: TenantRequest, number: int) -> HttpResponse:
    """How far an import is."""
    row = services.one_import(number)
    found: dict[str, Any] = {
        "stage": row.stage, "done": row.done, "total": row.total, "percent": row.percent, "too_old": row.too_old,
    }  # fmt: skip
    return JsonResponse(found)


@require_POST
@member("manager")
def start(request: TenantRequest, number: int) -> HttpResponse:
    """Say yes."""
    if services.start(number).stage == Stage.RUNNING:
        jobs.go_on(organisation_of(request).pk, number)
    return redirect("history:import", number=number)


@require_POST
@member("manager")
def cancel(request: TenantRequest, number: int) -> HttpResponse:
    """Stop it, or say no to the preview."""
    row = services.cancel(number)
    messages.success(request, _("The import is cancelled.") if row.done else _("Nothing was imported."))
    return redirect("history:imports")
