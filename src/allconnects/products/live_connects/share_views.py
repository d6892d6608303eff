"""The pages on which links are made and ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.products.live_connects import shares
from allconnects.products.live_connects.models import NAMES_MOST, Precision
from allconnects.products.live_connects.picking.fields import PickField
from allconnects.products.live_connects.picking.sources import SHARED

LASTS = (
    (2, gettext_lazy("2 hours")), (8, gettext_lazy("8 hours")), (24, gettext_lazy("1 day")),
    (72, gettext_lazy("3 days")), (336, gettext_lazy("14 days")),
)  # fmt: skip

_MADE = "share_made"
"""Key of the session that holds a new link until it was shown."""


class ShareForm(forms.Form):
    """What a link shows, to whom, for how long."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=NAMES_MOST,
        help_text=gettext_lazy("For whom it is, such as: concrete delivery, site north. Only you see it."),
    )  # fmt: skip
    devices = PickField(
        SHARED, many=True, label=gettext_lazy("Shows"),
        help_text=gettext_lazy("Phones, and devices that people carry, are not on offer."),
    )  # fmt: skip
    hours = forms.TypedChoiceField(label=gettext_lazy("Good for"), coerce=int, choices=LASTS, initial=8)
    precision = forms.ChoiceField(label=gettext_lazy("Precision"), choices=Precision.choices, initial=Precision.EXACT)
    with_name = forms.BooleanField(label=gettext_lazy("Show names too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("hours", "precision"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.fields["title"].widget.attrs["class"] = "form-control"
        self.fields["with_name"].widget.attrs["class"] = "form-check-input"


@require_http_methods(["GET", "POST"])
@never_cache
@member("planner")
def share_list(request: TenantRequest) -> HttpResponse:
    """Links, how often they were opened, and a form for another. A new link is shown once, here.

    It is shown after a redirect, so that loading the page again makes no second link.
    """
    chosen = request.GET.getlist("device")
    form = ShareForm(request.POST or None, initial={"devices": chosen})
    if request.method == "POST" and form.is_valid() and _make(request, form):
        return redirect("live:shares")
    secret = request.session.pop(_MADE, None)
    address = secret and request.build_absolute_uri(reverse("live:share", kwargs={"secret": secret}))
    now = clock.now()
    context = {"form": form, "shares": shares.list_shares(), "now": now, "address": address}
    return render(request, "live/shares.html", context)


def _make(request: TenantRequest, form: ShareForm) -> bool:
    given, now = form.cleaned_data, clock.now()
    assert request.organisation is not None
    account = request.user if isinstance(request.user, Account) else None
    try:
        _share, secret = shares.make_share(
            request.organisation, account, given["title"], [int(one) for one in given["devices"]], now,
            now + timedelta(hours=given["hours"]), with_name=given["with_name"], precision=given["precision"],
        )  # fmt: skip
    except (InvalidInput, NotFound) as error:
        form.add_error(None, error.message)
        return False
    request.session[_MADE] = secret
    return True


@require_POST
@member("planner")
def revoke(request: TenantRequest, share: int) -> HttpResponse:
    """End a link."""
    shares.revoke_share(share)
    messages.success(request, _("The link has ended. Whoever opens it sees nothing any more."))
    return redirect("live:shares")
