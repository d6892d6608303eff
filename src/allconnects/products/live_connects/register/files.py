"""The register as files: download, and upload with a preview that is applied or dropped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet import files
from allconnects.fleet.models import Upload
from allconnects.fleet.services import register
from allconnects.fleet.who import who
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.register.common import attempt, kind_of, sections
from allconnects.products.live_connects.register.texts import previewed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 300
"""Lines of a preview that a page shows of each sort; all are counted."""


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
    context = {"path": path, "kind": kind, "sections": sections(request), "fields": _described(kind)}
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
    data = sent.read()
    files.read(data, kind)
    return Upload.objects.create(
        organisation=request.organisation, account=request.user, kind=kind.name, name=str(sent.name)[-100:], data=data,
        made_at=clock.now(),
    )  # type: ignore[misc]  # fmt: skip


@require_http_methods(["GET", "POST"])
@member("manager")
def preview(request: TenantRequest, path: str, upload: int) -> HttpResponse:
    """Every change and every error; nothing is changed before the button is pressed."""
    kind = kind_of(request, path, write=True)
    kept = Upload.objects.filter(pk=upload, kind=kind.name, account_id=request.user.pk or 0).first()
    if kept is None:
        raise NotFound(_("There is no such file any more. Send it again."))
    rows = files.read(bytes(kept.data), kind)
    if request.method == "POST":
        if "drop" in request.POST:
            kept.delete()
            return redirect("register:upload", path=path)
        counts = attempt(request, lambda: files.apply(who(request), kind, rows))
        if counts is not None:
            kept.delete()
            messages.success(request, _("%(new)s new, %(changed)s changed, %(same)s as they were.") % counts)
            return redirect("register:list", path=path)
    found = files.preview(who(request), kind, rows)
    wrong = [line for line in found.lines if line.errors]
    acting = [line for line in found.lines if not line.errors and (line.new or line.changes)]
    context = {
        "path": path, "kind": kind, "sections": sections(request), "kept": kept, "found": found, "counts": found.counts,
        "wrong": wrong[:SHOWN],
        "acting": [(line, previewed(kind.name, line.changes, line.new)) for line in acting[:SHOWN]],
        "more_wrong": max(0, len(wrong) - SHOWN),
        "more_acting": max(0, len(acting) - SHOWN),
    }  # fmt: skip
    return render(request, "register/preview.html", context)
