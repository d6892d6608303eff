"""The page of forwarding: all targets with how far they are, and a form for another one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.integrations.forwarding import services
from allconnects.integrations.forwarding.models import Kind
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput

FIELDS = ("name", "kind", "url", "topic", "username", "password")


@require_http_methods(["GET", "POST"])
@member("manager")
def targets(request: TenantRequest) -> HttpResponse:
    """Where positions go, how far, and what is wrong."""
    given = {name: request.POST.get(name, "") for name in FIELDS}
    if request.method == "POST":
        assert request.organisation is not None
        try:
            services.add(request.organisation, given)
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("Positions received from now on go there."))
            return redirect("forwarding:list")
    now = clock.now()
    rows = [{"target": one, "lag_s": int((now - one.sent_to).total_seconds())} for one in services.targets()]
    return render(request, "forwarding/targets.html", {"rows": rows, "kinds": Kind.choices, "given": given})


@require_POST
@member("manager")
def change(request: TenantRequest, target: int) -> HttpResponse:
    """Switch a target, or take it away."""
    action = request.POST.get("action", "")
    if action == "delete":
        services.remove(target)
        messages.success(request, _("Nothing is forwarded there any more."))
    else:
        services.switch(target, on=action == "on")
        messages.success(request, _("Saved."))
    return redirect("forwarding:list")
