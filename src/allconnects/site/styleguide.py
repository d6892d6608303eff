"""A page with every element that pages are made of, to look at in every theme, width and language."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from allconnects.accounts.access import TenantRequest, member
from allconnects.telemetry.live.state import State
from allconnects.telemetry.models import Kind

COLOURS = ("--tblr-primary", "--state-moving", "--state-standing", "--state-silent", "--map-sea", "--focus")


@member("viewer")
def styleguide(request: TenantRequest) -> HttpResponse:
    """Buttons, forms, tables, states, messages."""
    messages.success(request, _("Saved."))
    messages.error(request, _("This could not be loaded. Try again."))
    context = {"states": list(State), "kinds": Kind.values, "colours": COLOURS}
    return render(request, "styleguide.html", context)
