"""The pages of rules: the list, the editor, the trial on past data."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Organisation
from allconnects.alerts import params as settings
from allconnects.alerts import sentences
from allconnects.alerts.models import Channel, Rule, State, words
from allconnects.alerts.params import KINDS
from allconnects.alerts.services import rules, scope, trial
from allconnects.kit.errors import InvalidInput
from allconnects.places.models import Place
from allconnects.products.live_connects.alerts_forms import RuleForm, initial, offered
from allconnects.products.live_connects.alerts_suggested import Suggestion, suggestions

DAYS = (1, 7, 14, 30, 60)


def _organisation(request: TenantRequest) -> Organisation:
    assert request.organisation is not None
    return request.organisation


@member("planner")
def rules_page(request: TenantRequest) -> HttpResponse:
    """All rules as sentences; managers also find suggestions."""
    found = rules.rules()
    names = {str(one.pk): one.name for one in Place.objects.only("id", "name")} if found else {}
    taken = {rule.kind for rule in found}
    context = {
        "rules": [{"rule": rule, "sentence": sentence(rule, names)} for rule in found],
        "suggestions": [one for one in suggestions() if one.kind not in taken],
        "manages": at_least(request.role, "manager"),
    }
    return render(request, "alerts/rules.html", context)


def sentence(rule: Rule, names: dict[str, str]) -> dict[str, str]:
    """“When [who] [what], tell [whom] [how]”, in parts."""
    read = settings.read(rule.kind, rule.params)
    places = ", ".join(names.get(str(number), _("a deleted place")) for number in read.places)
    channels = words(Channel)
    roles = {role.value: str(role.label) for role in rules.TOLD}
    return {
        "who": _who(rule.scope),
        "what": sentences.condition(read, places),
        "whom": ", ".join(roles[role] for role in rule.roles) or _("nobody"),
        "how": ", ".join(channels[channel] for channel in rule.channels) or _("not at all"),
    }


def _who(watched: dict[str, Any]) -> str:
    kinds = {"vehicle": _("a vehicle"), "phone": _("a phone"), "material": _("a material")}
    who = _(" or ").join(kinds[kind] for kind in watched.get("kinds", [])) or _("something")
    if groups := watched.get("groups"):
        who += " " + _("of %(groups)s") % {"groups": ", ".join(groups)}
    chosen = sum(len(watched.get(key, [])) for key in ("devices", "vehicles", "materials"))
    return who if not chosen else who + " " + _("of %(count)s chosen ones") % {"count": chosen}


@require_http_methods(["GET", "POST"])
@member("manager")
def add(request: TenantRequest) -> HttpResponse:
    """A new rule, first as a draft: the next page tries it on past data."""
    kind = request.GET.get("kind", "speeding")
    form = _form(request, initial(None, kind if kind in dict(offered()) else "speeding"))
    if request.method == "POST" and form.is_valid():
        try:
            made = rules.add(_organisation(request), form.given())
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            return _after(request, made)
    return render(request, "alerts/edit.html", {"form": form, "rule": None, **_texts()})


def _after(request: TenantRequest, made: Rule) -> HttpResponse:
    if KINDS[made.kind].scheduled:
        messages.success(request, _("The rule is saved. Switch it on when you are ready."))
        return redirect("alerts:rules")
    messages.success(request, _("The rule is saved. See what it would have found before you switch it on."))
    return redirect("alerts:try", rule=made.pk)


def _form(request: TenantRequest, start: dict[str, Any]) -> RuleForm:
    return RuleForm(request.POST or None, initial=start, groups=scope.groups())


def _texts() -> dict[str, Any]:
    """What the editor's script needs to know of each kind."""
    kinds = {
        kind: {
            "minutes": known.minutes,
            "number": None if known.number is None else known.number.default,
            "unit": "" if known.number is None else known.number.unit,
            "placed": known.placed,
            "scheduled": known.scheduled,
            "when": known.when,
        }
        for kind, known in KINDS.items()
    }
    return {"kinds": kinds}


@require_http_methods(["GET", "POST"])
@member("manager")
def edit(request: TenantRequest, rule: int) -> HttpResponse:
    """Change a rule."""
    found = rules.rule(rule)
    form = _form(request, initial(found))
    if request.method == "POST" and form.is_valid():
        version = request.POST.get("version", "")
        try:
            rules.change(rule, form.given(), int(version) if version.isdecimal() else None)
        except InvalidInput as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("alerts:rules")
    return render(request, "alerts/edit.html", {"form": form, "rule": found, **_texts()})


@require_POST
@member("manager")
def take(request: TenantRequest) -> HttpResponse:
    """Make a suggested rule: one click, a draft."""
    key = request.POST.get("key", "")
    found: Suggestion | None = next((one for one in suggestions() if one.key == key), None)
    if found is None:
        messages.error(request, _("This suggestion is not known."))
        return redirect("alerts:rules")
    return _after(request, rules.add(_organisation(request), found.given()))


@require_POST
@member("manager")
def switch(request: TenantRequest, rule: int) -> HttpResponse:
    """Switch a rule on or off."""
    on = request.POST.get("state") == "on"
    rules.change(rule, {"state": State.LIVE if on else State.PAUSED})
    messages.success(request, _("The rule works from now on.") if on else _("The rule rests."))
    return redirect("alerts:rules")


@require_http_methods(["GET", "POST"])
@member("manager")
def delete(request: TenantRequest, rule: int) -> HttpResponse:
    """Ask, then remove a rule with its events."""
    found = rules.rule(rule)
    if request.method == "POST":
        rules.remove(rule)
        messages.success(request, _("The rule and its alerts are deleted."))
        return redirect("alerts:rules")
    return render(request, "alerts/delete.html", {"rule": found})


@member("manager")
def attempt(request: TenantRequest, rule: int) -> HttpResponse:
    """What a rule would have found in the last days."""
    found = rules.rule(rule)
    asked = request.GET.get("days", "7")
    days = int(asked) if asked.isdecimal() and int(asked) in DAYS else 7
    read = settings.read(found.kind, found.params)
    result, problem = None, ""
    try:
        result = trial.run(_organisation(request).pk, read, found.scope, days, f"account:{request.user.pk}")
    except InvalidInput as error:
        problem = error.message
    names = {str(one.pk): one.name for one in Place.objects.only("id", "name")}
    examples = [
        {"name": one.name, "device": one.device, "found": one.found, "peak": sentences.peak(found.kind, one.found.peak)}
        for one in (result.examples if result else ())
    ]
    most = max((count for _name, _device, count in result.by_thing), default=1) if result else 1
    context = {
        "rule": found, "sentence": sentence(found, names), "result": result, "examples": examples, "problem": problem,
        "days": days, "choices": DAYS, "most": most,
        "per_day": round(result.count / days, 1) if result else 0,
    }  # fmt: skip
    return render(request, "alerts/try.html", context)
