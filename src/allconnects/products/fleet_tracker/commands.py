"""The page from which devices are told to do something."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest, member
from allconnects.accounts.models import Account
from allconnects.kit.errors import InvalidInput
from allconnects.telemetry import commanding, services

WAITS = ((60, gettext_lazy("one hour")), (24 * 60, gettext_lazy("one day")), (7 * 24 * 60, gettext_lazy("seven days")))


class CommandForm(forms.Form):
    """What the device shall do, in its own words, and the confirmation that it is this one."""

    text = forms.CharField(
        label=gettext_lazy("Command"), max_length=commanding.LONGEST_TEXT,
        help_text=gettext_lazy("In the words of the device, such as getinfo; its manual lists them."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Wait for the device at most"), coerce=int, choices=WAITS, initial=60
    )
    confirmation = forms.CharField(
        label=gettext_lazy("Identifier of the device, to confirm"), max_length=100,
        help_text=gettext_lazy("A command may change settings or stop an engine. Repeat the identifier to confirm."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@member("manager")
def commands(request: TenantRequest, device: int) -> HttpResponse:
    """What a device was told, by whom, with what answer; a form for the next command."""
    found = services.device_details(device).summary
    form = CommandForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _queue(request, device, form):
        messages.success(request, _("The command waits for the device and is sent once."))
        return redirect("devices:commands", device=device)
    context = {
        "device": found,
        "form": form,
        "told": commanding.can_be_told(found.protocol),
        "commands": commanding.commands_of(device),
    }
    return render(request, "devices/commands.html", context)


def _queue(request: TenantRequest, device: int, form: CommandForm) -> bool:
    given = form.cleaned_data
    assert request.organisation is not None
    assert isinstance(request.user, Account)
    try:
        commanding.queue_command(
            request.organisation, request.user, device, given["text"], given["confirmation"], given["minutes"]
        )
    except InvalidInput as error:
        form.add_error(None, error.message)
        return False
    return True


@require_POST
@member("manager")
def withdraw(request: TenantRequest, device: int, command: int) -> HttpResponse:
    """Take back what was not sent yet."""
    try:
        commanding.withdraw_command(device, command)
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The command is taken back."))
    return redirect("devices:commands", device=device)
