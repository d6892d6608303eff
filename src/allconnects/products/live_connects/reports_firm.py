"""Pages about the firm's head on paper and its working hours."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet.models import Team
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects.reports_reading import reader_of
from allconnects.reports import firm
from allconnects.reports.models import Profile, WorkingHours


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """The head on paper, and the days of drivers."""

    logo_file = forms.FileField(
        label=gettext_lazy("Logo"), required=False, help_text=gettext_lazy("PNG or JPEG, at most 300 kB.")
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    class Meta:
        model = Profile
        fields = ("name", "street", "city", "vat", "contact", "classify_days")


@require_http_methods(["GET", "POST"])
@member("manager")
def head(request: TenantRequest) -> HttpResponse:
    """The firm's head on paper."""
    organisation = reader_of(request).organisation
    found = firm.profile(organisation)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            firm.save_profile(organisation, form.cleaned_data, _logo(form.cleaned_data))
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("reports:head")
    context = {"form": form, "has_logo": bool(found.logo)}
    return render(request, "reports/head.html", context, status=422 if form.errors else 200)


def _logo(given: dict[str, Any]) -> bytes | None:
    if given["remove_logo"]:
        return b""
    sent = given["logo_file"]
    if not sent:
        return None
    return bytes(sent.read(firm.MOST_LOGO_BYTES + 1))


@require_GET
@member("manager")
def logo(request: TenantRequest) -> HttpResponse:
    """The logo itself."""
    found = firm.profile(reader_of(request).organisation)
    if not found.logo:
        raise NotFound(_("There is no logo."))
    response = HttpResponse(bytes(found.logo), content_type=found.logo_type)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@member("manager")
def hours(request: TenantRequest, team: int | None = None) -> HttpResponse:
    """Working hours of all, or of a team."""
    organisation = reader_of(request).organisation
    teams = list(Team.objects.filter(organisation_id=organisation, archived_at=None).order_by("name"))
    own = set(WorkingHours.objects.filter(organisation_id=organisation).values_list("team_id", flat=True))
    chosen = next((one for one in teams if one.pk == team), None)
    if team is not None and chosen is None:
        raise NotFound(_("There is no such team."))
    context: dict[str, Any] = {"teams": teams, "own": own, "team": chosen}
    status = 200
    if request.method == "POST":
        try:
            return _save(request, organisation, team)
        except InvalidInput as error:
            context["problem"], status = error.message, error.status
    schedule = firm.schedule_of(organisation, team)
    context |= {
        "margin": int(schedule.margin.total_seconds() // 60),
        "days": [(number, WEEKDAYS[number], _two(schedule.spans.get(number, ()))) for number in range(7)],
    }
    return render(request, "reports/hours.html", context, status=status)


def _two(spans: tuple[tuple[time, time], ...]) -> list[tuple[str, str]]:
    """Two spans to fill in, as many as a page offers for a day."""
    texts = [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in spans][:2]
    return texts + [("", "")] * (2 - len(texts))


def _save(request: TenantRequest, organisation: int, team: int | None) -> HttpResponseRedirect:
    if team is not None and "forget" in request.POST:
        firm.forget_hours(organisation, team)
        messages.success(request, _("This team goes by the hours of all again."))
        return redirect("reports:hours")
    margin = request.POST.get("margin", "")
    if not margin.isdigit() or len(margin) > 4:
        raise InvalidInput(_("The margin is 0 to 240 minutes."))
    firm.save_hours(organisation, team, {day: _spans(request.POST, day) for day in range(7)}, int(margin))
    messages.success(request, _("Saved."))
    return redirect("reports:hours") if team is None else redirect("reports:team_hours", team=team)


def _spans(given: QueryDict, day: int) -> list[tuple[time, time]]:
    found = []
    for number in (0, 1):
        texts = [given.get(f"{edge}-{day}-{number}", "") for edge in ("from", "to")]
        if not any(texts):
            continue
        try:
            begin, end = (time.fromisoformat(text.strip().zfill(5)) for text in texts)
        except ValueError:
            raise InvalidInput(_("Give hours as 06:00, both the beginning and the end.")) from None
        if begin == end:
            raise InvalidInput(_("Hours that begin and end at the same time are none."))
        found.append((begin, end))
    return found
