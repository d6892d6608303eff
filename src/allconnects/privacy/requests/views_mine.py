"""The pages of a person: what one can ask, what became of it, the letters, and the package."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.requests import answering, paper, ports, receiving, rectifying, working
from allconnects.privacy.requests.access import answers
from allconnects.privacy.requests.forms import AskForm
from allconnects.privacy.requests.models import OPEN, Case, Channel, Identity, Letter, Right, State

MOST_OPEN = 12
"""So many requests of one person wait at most; more at once is a mistake of a program."""


def own_case(request: TenantRequest, case: UUID) -> Case:
    """A case of whoever is signed in; anybody else's does not exist."""
    found = Case.objects.filter(pk=case, account_id=int(request.user.pk or 0)).exclude(identity="").first()
    if found is None:
        raise Http404
    return found


@member("driver")
@require_GET
@never_cache
def mine(request: TenantRequest) -> HttpResponse:
    """All requests of whoever is signed in."""
    cases = Case.objects.filter(account_id=int(request.user.pk or 0)).exclude(identity="").order_by("-registered_at")
    context = {"cases": cases[:100], "answers": answers(request), "given": _given(request),
               "looked_into": _looked_into(request)}  # fmt: skip
    return render(request, "requests/mine.html", context)


def _given(request: TenantRequest) -> list[Any]:
    """What authorities got about whoever is signed in; what a judge still forbids to tell is not among it."""
    from allconnects.privacy.disclosures.service import of_person

    person = ports.people().of_account(int(request.user.pk or 0))
    return of_person(person) if person is not None else []


def _looked_into(request: TenantRequest) -> list[Any]:
    """Investigations about whoever is signed in, from when he is told of them."""
    from allconnects.privacy.investigations.service import of_person

    person = ports.people().of_account(int(request.user.pk or 0))
    return of_person(person) if person is not None else []


@member("driver")
@require_http_methods(["GET", "POST"])
@never_cache
def new(request: TenantRequest) -> HttpResponse:
    """Ask for something; being signed in is proof enough."""
    wanted = request.GET.get("right", "")
    form = AskForm(request.POST or None, initial={"right": wanted if wanted in Right.values else Right.ACCESS})
    context: dict[str, Any] = {"form": form, "facts": rectifying.facts(), "held": _held(request)}
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                case = _ask(request, form)
        except AllconnectsError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("We have your request. Below you see what happens with it."))
            return redirect("requests:mine_one", case=case.pk)
    return render(request, "requests/new.html", context)


def _held(request: TenantRequest) -> dict[str, str]:
    """What the register holds of whoever is signed in, by fact."""
    person = ports.people().of_account(int(request.user.pk or 0))
    return {one.key: one.read(person) for one in rectifying.facts() if person is not None and one.read is not None}


def _ask(request: TenantRequest, form: AskForm) -> Case:
    from allconnects.kit.errors import InvalidInput

    assert request.organisation is not None
    account = int(request.user.pk or 0)
    if Case.objects.filter(account_id=account, state__in=OPEN).count() >= MOST_OPEN:
        raise InvalidInput(_("Many of your requests are open already. Add to one of those."))
    asked = receiving.Asked(
        channel=Channel.PAGE, right=form.cleaned_data["right"], words=form.cleaned_data["words"],
        language=translation.get_language() or "nl", account=account, identity=Identity.SESSION,
        email=request.user.email,  # type: ignore[union-attr]
    )  # fmt: skip
    case = receiving.receive(request.organisation.pk, asked)
    if case.right == Right.RECTIFICATION and request.POST.get("fact"):
        given = {name: request.POST.get(name, "") for name in ("fact", "about", "measured", "corrected")}
        rectifying.ask(case, **given)
    return case


def shown(case: Case) -> dict[str, Any]:
    """What a person sees of a case: never who worked on it, nor notes about it."""
    return {
        "case": case,
        "letters": case.letters.exclude(kind__in=("code", "confirm")).order_by("-made_at"),
        "corrections": [(rectifying.label(one.fact), one) for one in case.corrections.order_by("pk")],
        "steps": steps(case),
        "ready": ready(case),
    }


def ready(case: Case) -> bool:
    """Whether a package can be fetched now; one that cannot be asked about is not ready."""
    try:
        return bool(case.identity) and working.package_state(case) == "ready"
    except AllconnectsError:
        return False


def steps(case: Case) -> list[tuple[str, str]]:
    """The way of a case in four steps: (name, ``done``, ``now`` or ``next``)."""
    names = [_("Received"), _("Identity checked"), _("Being worked on"), _("Answered")]
    if case.state == State.REFUSED:
        names[3] = _("Refused")
    if case.state == State.WITHDRAWN:
        names[3] = _("Withdrawn")
    place = {State.UNCONFIRMED: 0, State.RECEIVED: 1, State.IDENTITY: 1, State.WORKING: 2, State.PARTIAL: 2}
    at = place.get(State(case.state), 4)
    return [(name, "done" if n < at else "now" if n == at else "next") for n, name in enumerate(names)]


@member("driver")
@require_GET
@never_cache
def mine_one(request: TenantRequest, case: UUID) -> HttpResponse:
    """One request of one's own."""
    found = own_case(request, case)
    context = shown(found) | {"may_withdraw": found.is_open and not (found.right == Right.ERASURE and found.work)}
    return render(request, "requests/mine_one.html", context)


@member("driver")
@require_POST
def mine_withdraw(request: TenantRequest, case: UUID) -> HttpResponse:
    """Take a request back."""
    found = own_case(request, case)
    try:
        with transaction.atomic():
            answering.withdraw(found)
    except AllconnectsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Your request is withdrawn. You can always ask again."))
    return redirect("requests:mine_one", case=found.pk)


@member("driver")
@require_http_methods(["GET", "POST"])
@never_cache
def mine_package(request: TenantRequest, case: UUID) -> HttpResponse:
    """Fetch one's data, once; whoever has been signed in for a while says his password again first."""
    found = own_case(request, case)
    try:
        raise_if_reauthentication_required(request, app="allauth.account")
    except ReauthenticationRequired:
        here = reverse("requests:mine_package", args=[found.pk])
        return redirect(f"{reverse('account_reauthenticate')}?next={here}")
    if request.method == "GET":
        return render(request, "requests/package.html", {"case": found, "ready": ready(found)})
    return package_file(request, found) or redirect("requests:mine_one", case=found.pk)


def package_file(request: HttpRequest, case: Case) -> HttpResponse | None:
    """The package of a case; None, with a message, where there is none to fetch."""
    try:
        with transaction.atomic():
            content = working.fetch(case)
    except AllconnectsError as error:
        messages.error(request, error.message)
        return None
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{case.reference}.zip"'
    return response


@member("driver")
@require_GET
@never_cache
def mine_letter(request: TenantRequest, case: UUID, letter: int) -> HttpResponse:
    """A letter as PDF."""
    return letter_file(own_case(request, case), letter)


def letter_file(case: Case, number: int) -> HttpResponse:
    """A letter of a case as PDF. Raises Http404 for another's, and for one whose text is gone."""
    letter = Letter.objects.select_related("case").filter(case=case, pk=number).exclude(body="").first()
    if letter is None:
        raise Http404
    response = HttpResponse(paper.pdf(letter), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{case.reference}-{letter.kind}.pdf"'
    return response
