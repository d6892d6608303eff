"""The page that takes places out of a file: first a look at every feature, then all that are right."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.kit.errors import InvalidInput
from allconnects.places import files, services
from allconnects.products.live_connects.places_forms import FileForm

SALT = "places.import"
MOST_SIGNED = 2_300_000
"""A form may send 2.5 MB beside its files."""


@require_http_methods(["GET", "POST"])
@member("planner")
def import_places(request: TenantRequest) -> HttpResponse:
    """Show what a file holds; take what was shown when that is confirmed.

    The file itself travels with the confirmation, signed for this organisation, so that nothing waits on the server.
    """
    assert request.organisation is not None
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            content = _content(form, request.organisation.pk)
            found = files.read(content)
            if "confirm" in request.POST:
                return _take(request, found)
            signed = signing.dumps(
                [request.organisation.pk, content.decode("utf-8", "replace")], salt=SALT, compress=True
            )
            if len(signed) > MOST_SIGNED:
                raise InvalidInput(_("The file is too large. Split it in two."))
            context |= {"found": found, "right": sum(one.given is not None for one in found), "signed": signed}
        except InvalidInput as error:
            form.add_error("file", error.message)
    return render(request, "places/import.html", context)


def _content(form: FileForm, organisation: int) -> bytes:
    if signed := form.cleaned_data["content"]:
        try:
            owner, text = signing.loads(signed, salt=SALT, max_age=3600)
        except signing.BadSignature:
            owner, text = None, ""
        if owner != organisation:
            raise InvalidInput(_("The look at the file was too long ago. Choose it again."))
        return str(text).encode()
    file = form.cleaned_data["file"]
    if file is None:
        raise InvalidInput(_("Choose a file."))
    if file.size > files.MOST_BYTES:
        raise InvalidInput(_("The file is larger than 4 MB."))
    return bytes(file.read())


def _take(request: TenantRequest, found: list[files.Read]) -> HttpResponse:
    assert request.organisation is not None
    given = [one.given for one in found if one.given is not None]
    made = services.add_places(request.organisation, given) if given else []
    text = ngettext("%(count)s place is added.", "%(count)s places are added.", len(made)) % {"count": len(made)}
    messages.success(request, text)
    return redirect("places:list")
