"""What an owner sees of billing: plan, invoices, who is billed, licence codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from allconnects.accounts.access import TenantRequest, member, no_transaction
from allconnects.billing import catalog, customers, invoices, licences, paper, payments, subscriptions, ubl
from allconnects.billing.catalog import catalogue, today
from allconnects.billing.errors import BillingOff, ProcessorDown
from allconnects.billing.processor import needed, processor
from allconnects.billing.store import rows, session
from allconnects.kit.errors import InvalidInput, NotFound

FORMS = {"pdf": ("application/pdf", paper.write), "xml": ("application/xml", ubl.write)}


V = TypeVar("V", bound=Callable[..., HttpResponse])


def billed(view: V) -> V:
    """Where nothing is billed there is no such page; what is not there, or not for this organisation, is 404."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponse:
        if not catalog.on():
            raise Http404
        try:
            return view(*args, **kwargs)
        except (NotFound, BillingOff):
            raise Http404 from None

    return cast(V, guarded)


def _pk(request: TenantRequest) -> int:
    assert request.organisation is not None
    return int(request.organisation.pk)


@require_GET
@member("owner")
def overview(request: TenantRequest) -> HttpResponse:
    """Everything on one page. Where nothing is billed it says so."""
    if not catalog.on():
        return render(request, "billing/off.html")
    if request.GET.get("back"):
        _catch_up(_pk(request))
    with session(_pk(request)) as connection:
        about = {
            "customer": customers.customer(connection),
            "running": subscriptions.current(connection, today()),
            "invoices": invoices.listed(connection),
            "licences": licences.listed(connection),
        }
    free = catalogue().plans.get(catalog.FREE)
    plans = [one for one in catalogue().plans.values() if not one.free]
    return render(
        request,
        "billing/overview.html",
        {
            **about, "plans": plans, "free": free, "names": {one.code: one.name for one in plans},
            "seller": catalogue().seller, "can_pay": processor() is not None, "today": today(),
            "languages": settings.LANGUAGES, "language": get_language(),
        },
    )  # fmt: skip


def _catch_up(organisation: int) -> None:
    """Somebody comes back from the processor's page, perhaps before its message: ask what became of it."""
    found = processor()
    if found is None:
        return
    with session(organisation) as connection:
        running = rows(connection, "SELECT year, id FROM billing_payment WHERE state IN ('open', 'pending')")
    for one in running[:10]:
        try:
            payments.told_about(found, organisation, one["year"], one["id"])
        except ProcessorDown:
            return


def _done(request: TenantRequest, action: Any, said: str) -> HttpResponse:
    """Do it in one transaction of billing's own, and tell what came of it."""
    try:
        with session(_pk(request)) as connection:
            action(connection)
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("billing:overview")


@require_POST
@member("owner")
@billed
def details(request: TenantRequest) -> HttpResponse:
    """Who is billed."""
    given = {name: request.POST.get(name, "") for name in customers.FIELDS}
    return _done(request, lambda c: customers.set_customer(c, _pk(request), given), _("Saved."))


@require_POST
@member("owner")
@billed
def plan(request: TenantRequest) -> HttpResponse:
    """Begin, change or end a plan."""
    organisation, text = _pk(request), request.POST.get("quantity", "1")
    quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    actions: dict[str, tuple[Any, str]] = {
        "subscribe": (
            lambda c: subscriptions.subscribe(c, organisation, request.POST.get("plan", ""), quantity, today()),
            _("The plan runs. The first invoice is below."),
        ),
        "quantity": (
            lambda c: subscriptions.change_quantity(c, organisation, quantity, today()),
            _("Changed. More counts at once, fewer from the next period on."),
        ),
        "cancel": (
            lambda c: subscriptions.cancel(c, today()),
            _("The plan ends when what is paid for ends. Until then you can take it back."),
        ),
        "go_on": (lambda c: subscriptions.go_on(c, today()), _("The plan goes on.")),
    }
    action, said = actions.get(request.POST.get("action", ""), actions["quantity"])
    return _done(request, action, said)


@require_POST
@member("owner")
@billed
def licence(request: TenantRequest) -> HttpResponse:
    """Redeem a code."""
    code = request.POST.get("code", "")
    return _done(
        request, lambda c: licences.redeem(c, _pk(request), code, today()), _("The licence is yours from now on.")
    )


@require_GET
@member("owner")
@billed
def file(request: TenantRequest, number: str, form: str) -> HttpResponse:
    """An invoice as PDF or UBL."""
    if form not in FORMS:
        raise Http404
    with session(_pk(request)) as connection:
        row = invoices.invoice(connection, number)
    kind, write = FORMS[form]
    answer = HttpResponse(write(row), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{row["number"]}.{form}"'
    return answer


@require_POST
@member("owner")
@billed
def pay(request: TenantRequest, number: str) -> HttpResponse:
    """On to the processor's page. The card is entered there and never here."""
    organisation = _pk(request)
    hook = f"/billing/told/{organisation}/"
    try:
        address = payments.start(
            needed(), organisation, number,
            back_url=request.build_absolute_uri(reverse("billing:overview") + "?back=1"),
            hook_url=request.build_absolute_uri(hook) + "{payment}/",
            language=get_language() or "en",
        )  # fmt: skip
    except (InvalidInput, ProcessorDown) as error:
        messages.error(request, error.message)
        return redirect("billing:overview")
    return redirect(address)


@csrf_exempt
@no_transaction
@require_POST
@billed
def told(_request: HttpRequest, organisation: int, year: int, payment: UUID) -> HttpResponse:
    """The processor says that something changed. What is unknown is answered as what is known: nobody learns which."""
    try:
        payments.told_about(needed(), organisation, year, payment)
    except NotFound:
        return HttpResponse("ok", content_type="text/plain")
    except ProcessorDown:
        return HttpResponse("later", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
