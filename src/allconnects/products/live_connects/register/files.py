"""The register as files: download, and upload with a preview that is applied or dropped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet import files
from allconnects.fleet.models import Upload
from allconnects.fleet.models.record import Stage
from allconnects.fleet.services import register, uploads
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects.register.common import attempt, kind_of, sections
from allconnects.products.live_connects.register.texts import previewed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@member("viewer")
def export(request: TenantRequest, path: str, form: str) -> HttpResponse | StreamingHttpResponse:
    """All rows that the list shows, as a file."""
    kind = kind_of(request, path)
    asked = {name: request.GET.get(name, "") for name in ("group", *kind.filters)}
    if not asked.get("employer", "0").isdigit():
        asked.pop("employer")
    rows = register.query(kind, request.GET.get("q", "")[:200], request.GET.get("archived") == "1", asked)
    rows = register.ordered(kind, rows)
    if form == "xlsx":
        response = HttpResponse(files.to_xlsx(kind, rows), content_type=XLSX)
    else:
        response = HttpResponse("".join(files.to_csv(kind, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{path}_{clock.today()}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@member("manager")
def upload(request: TenantRequest, path: str) -> HttpResponse:
    """Send a file; what it would do is shown next."""
    kind = kind_of(request, path, write=True)
    if request.method == "POST":
        kept = attempt(request, lambda: _keep(request, kind))
        if kept is not None:
            return redirect("register:preview", path=path, upload=kept.pk)
    context = {
        "path": path, "kind": kind, "sections": sections(request), "fields": _described(kind),
        "waiting": uploads.waiting(who(request), kind),
    }  # fmt: skip
    return render(request, "register/upload.html", context)


def _described(kind: Any) -> list[tuple[str, Any, str]]:
    found = []
    for name in files.fields_of(kind):
        field = kind.form.base_fields[name]
        choices = [str(value) for value, _label in getattr(field, "choices", ()) if value and name != "employer"]
        found.append((name, field.label, ", ".join(choices)))
    return found


def _keep(request: TenantRequest, kind: Any) -> Upload:
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile) or not sent.size:
        raise InvalidInput(_("Choose a file."))
    if sent.size > files.MOST_BYTES:
        raise InvalidInput(_("The file is larger than 5 MB."))
    return uploads.keep(who(request), kind, str(sent.name), sent.read())


@require_http_methods(["GET", "POST"])
@member("manager")
def preview(request: TenantRequest, path: str, upload: int) -> HttpResponse:
    """Every change and every error; nothing is changed before the button is pressed. Of a large file: how far it is."""
    kind = kind_of(request, path, write=True)
    kept = uploads.one(who(request), kind, upload)
    if request.method == "POST":
        return _decide(request, path, kept)
    context: dict[str, Any] = {"path": path, "kind": kind, "sections": sections(request), "kept": kept}
    if kept.stage != Stage.LOOKED:
        return render(request, "register/working.html", context)
    found = kept.preview
    context |= {
        "counts": found["counts"], "unknown": found["unknown"], "wrong": found["wrong"],
        "acting": [(*row, previewed(kind.name, changes, row[2])) for *row, changes in found["acting"]],
        "more_wrong": max(0, found["counts"]["wrong"] - uploads.SHOWN),
        "more_acting": max(0, found["acts"] - uploads.SHOWN),
    }  # fmt: skip
    return render(request, "register/preview.html", context)


def _decide(request: TenantRequest, path: str, kept: Upload) -> HttpResponse:
    if "drop" in request.POST:
        dropped = attempt(request, lambda: uploads.drop(kept))
        return redirect("register:upload", path=path) if dropped else redirect(request.path)
    decided = uploads.say_yes(who(request), kept)
    if decided.stage == Stage.DONE:
        messages.success(
            request, _("%(new)s new, %(changed)s changed, %(same)s as they were.") % decided.preview["counts"]
        )
        return redirect("register:list", path=path)
    return redirect(request.path)


@require_GET
@member("manager")
def working(request: TenantRequest, path: str, upload: int) -> HttpResponse:
    """How far a file is."""
    kept = uploads.one(who(request), kind_of(request, path, write=True), upload)
    return JsonResponse({"stage": kept.stage, "done": kept.done, "total": kept.total, "percent": kept.percent})
