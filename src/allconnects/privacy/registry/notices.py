"""Published notices, for anybody who has their address; members also say here that they read one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit.errors import NotFound
from allconnects.privacy.registry import paper, public, publishing
from allconnects.privacy.registry.models import Notice, Receipt
from allconnects.privacy.registry.values import LANGUAGES
from allconnects.privacy.registry.views import language_of


@no_transaction
@require_GET
def versions(request: TenantRequest, token: str) -> HttpResponse:
    """Every version that was published, the newest first."""
    try:
        organisation = public.read(token)
    except NotFound as error:
        raise Http404 from error
    with speaking_for(organisation):
        found = Organisation.objects.filter(pk=organisation).first()
        listed = list(Notice.objects.defer("values", "texts").order_by("-number"))
        holding = publishing.holding(organisation)
    if found is None:
        raise Http404
    context = {"name": found.name, "notices": listed, "token": token, "holding": holding}
    return render(request, "registry/versions.html", context)


@no_transaction
@require_GET
def notice(request: TenantRequest, token: str, number: int) -> HttpResponse:
    """One version, as it was published."""
    try:
        organisation = public.read(token)
        with speaking_for(organisation):
            found = publishing.notice_of(organisation, number)
            name = Organisation.objects.get(pk=organisation).name
            mine = _receipt(request, found)
    except NotFound as error:
        raise Http404 from error
    language = language_of(request)
    context = {
        "notice": found, "name": name, "token": token, "lang": language, "languages": LANGUAGES, "receipt": mine,
        "paper": paper.html(found.texts[language]),
    }  # fmt: skip
    return render(request, "registry/notice.html", context)


def _receipt(request: TenantRequest, found: Notice) -> Receipt | None:
    """That of the member who looks, if this notice is one of his organisation."""
    if not request.user.is_authenticated or getattr(request.organisation, "pk", None) != found.organisation_id:
        return None
    return Receipt.objects.filter(notice=found, account_id=request.user.pk).first()


@member("driver")
@require_POST
def seen(request: TenantRequest, number: int) -> HttpResponse:
    """A member says that he read it."""
    assert request.organisation is not None
    publishing.see(request.organisation.pk, number, int(request.user.pk or 0))
    return redirect("registry:notice", public.token(request.organisation.pk), number)
