"""Pages for whoever has no account: ask, confirm the address, follow the request, enter a code.

Read before a tenant is known, so they open their own transactions.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import no_transaction
from allconnects.accounts.limits import too_often
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.requests import identity, letters, receiving, routing, sending, tenants, texts
from allconnects.privacy.requests.forms import PublicForm
from allconnects.privacy.requests.models import Case, Channel, LetterKind, State
from allconnects.privacy.requests.views_mine import letter_file, package_file, shown

ASK_RATE, CODE_RATE = "6/h/ip", "20/h/ip"
_APP = "allconnects.privacy"


@no_transaction
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The public form of an organisation, by default the operator's."""
    try:
        home = tenants.home(slug or None)
    except NotFound as error:
        raise Http404 from error
    form = PublicForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "home": home,
        "authority": texts.authority(translation.get_language() or "en"),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "requests/ask.html", context)
    if not config.current().email_url:
        form.add_error(None, _("This platform cannot send mail at present. Write by post, or to your employer."))
        return render(request, "requests/ask.html", context)
    if too_often(request, _APP, "ask", ASK_RATE):
        return render(request, "requests/ask.html", context | {"often": True}, status=429)
    if not form.cleaned_data["website"]:
        with speaking_for(home.id):
            _received(home, form.cleaned_data)
    return render(request, "requests/asked.html", {"home": home})


def _received(home: tenants.Tenant, given: dict[str, str]) -> None:
    """The answer on the page is the same whether the address is known or not."""
    mine = next((one for one in tenants.known(given["email"]) if one.organisation == home.id), None)
    words = given["words"] + (f"\n\n[{_('Employer')}: {given['employer']}]" if given["employer"] else "")
    asked = receiving.Asked(
        channel=Channel.FORM, right=given["right"], words=words.strip(), name=given["name"], email=given["email"],
        language=given["language"], account=mine.account if mine else None,
    )  # fmt: skip
    case = receiving.receive(home.id, asked, confirmed=False)
    text = letters.compose(case, LetterKind.CONFIRM, link=sending.confirm_link(case))
    sending.after_commit(case, case.email, text.subject, text.body)


def _named(token: str, salt: str) -> tuple[int, Any]:
    found = sending.read_token(token, salt)
    if found is None:
        raise Http404
    return found


@no_transaction
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail. A page with a button: programs that look into mails open every link."""
    organisation, number = _named(token, sending.CONFIRM)
    with speaking_for(organisation):
        case = Case.objects.select_for_update().filter(pk=number).first()
        if case is None or case.state == State.WITHDRAWN:
            raise Http404
        if request.method == "POST":
            identity.confirm_address(case)
            routing.by_itself(case)
            return redirect("requests:follow", token=sending.token(case, sending.FOLLOW))
    return render(request, "requests/confirm.html", {"case": case})


@no_transaction
@never_cache
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a request, for whoever holds its link; and the code, where one was sent."""
    organisation, number = _named(token, sending.FOLLOW)
    if request.method == "POST":
        if too_often(request, _APP, "code", CODE_RATE):
            messages.error(request, _("Too many tries. Wait an hour."))
        else:
            with speaking_for(organisation):
                case = _case(number)
                if request.POST.get("package"):
                    return package_file(request, case) or redirect("requests:follow", token=token)
                _code(request, case)
        return redirect("requests:follow", token=token)
    with speaking_for(organisation):
        context = shown(_case(number))
        context["letters"] = list(context["letters"])
        return render(request, "requests/follow.html", context | {"token": token})


def _case(number: Any) -> Case:
    case = Case.objects.filter(pk=number).exclude(state=State.UNCONFIRMED).first()
    if case is None:
        raise Http404
    return case


def _code(request: HttpRequest, case: Case) -> None:
    if request.POST.get("again"):
        try:
            identity.send_code(case)
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("A new code is on its way to the address that we know."))
    elif identity.enter_code(case, request.POST.get("code", "")):
        messages.success(request, _("Thank you: we know who asks, and go on."))
    else:
        messages.error(request, _("That code is not right, or too old. After five tries you need a new one."))


@no_transaction
@never_cache
@require_GET
def follow_letter(request: HttpRequest, token: str, letter: int) -> HttpResponse:  # noqa: ARG001
    """A letter as PDF."""
    organisation, number = _named(token, sending.FOLLOW)
    with speaking_for(organisation):
        return letter_file(_case(number), letter)
