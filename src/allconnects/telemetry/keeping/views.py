"""The page on how long history is kept."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from allconnects.accounts.access import TenantRequest, at_least, member
from allconnects.accounts.models import Role
from allconnects.accounts.views import actor
from allconnects.kit import config
from allconnects.kit.errors import Forbidden, InvalidInput
from allconnects.privacy.retention import MOST_DAYS
from allconnects.telemetry.keeping import services
from allconnects.telemetry.keeping.models import FREE_DAYS, Keeping

_PAGE = 50


class KeepingForm(forms.Form):
    """For how long, and where the law asks for longer, which."""

    days = forms.IntegerField(label=gettext_lazy("Days that positions are kept"), min_value=1, max_value=MOST_DAYS)
    obligation = forms.CharField(label=gettext_lazy("What the law obliges you to"), max_length=300, required=False)
    citation = forms.CharField(label=gettext_lazy("Law and article"), max_length=200, required=False)
    decided_by = forms.CharField(label=gettext_lazy("Decided by (name and function)"), max_length=150, required=False)

    def clean(self) -> dict[str, object]:
        """The rules that hang together."""
        given = super().clean() or self.cleaned_data
        if not self.errors:
            texts = [str(given.get(name) or "").strip() for name in ("obligation", "citation", "decided_by")]
            try:
                services.check(int(str(given["days"])), *texts)
            except InvalidInput as error:
                self.add_error("days", error.message)
        return given


@member("manager")
@require_http_methods(["GET", "POST"])
@never_cache
def keeping(request: TenantRequest) -> HttpResponse:
    """How long, why, and what went; an owner decides. A shorter time asks once more and says what goes."""
    me = actor(request)
    kept, held = services.days_kept(), services.decision()
    form = KeepingForm(request.POST or None, initial=_initial(held, kept))
    if request.method == "POST":
        if not at_least(me.role, Role.OWNER):
            raise Forbidden(_("Only an owner decides how long history is kept."))
        if form.is_valid():
            days = form.cleaned_data["days"]
            if days < kept and request.POST.get("confirm") != "yes":
                going = services.going(me.organisation, days)
                return render(request, "keeping/confirm.html", {"form": form, "going": going, "kept": kept})
            services.decide(me.organisation, me.account, **form.cleaned_data)
            messages.success(
                request, ngettext("History is kept for %d day.", "History is kept for %d days.", days) % days
            )
            return redirect("keeping:keeping")
    page = Paginator(services.certificates(me.organisation), _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form, "kept": kept, "decision": held, "page": page, "free": FREE_DAYS, "most": MOST_DAYS,
        "usual": config.current().position_days, "may_decide": at_least(me.role, Role.OWNER),
    }  # fmt: skip
    return render(request, "keeping/keeping.html", context, status=422 if form.errors else 200)


def _initial(held: Keeping | None, kept: int) -> dict[str, object]:
    if held is None:
        return {"days": kept}
    return {name: getattr(held, name) for name in ("days", "obligation", "citation", "decided_by")}
