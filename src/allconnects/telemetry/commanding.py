"""Telling devices to do something: who may, what is kept of it. Each call runs in a transaction of one organisation."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.retention import RULES
from allconnects.telemetry.codecs.registry import PROTOCOLS, codec
from allconnects.telemetry.commands import Command, CommandState
from allconnects.telemetry.gateway.commands import CHANNEL
from allconnects.telemetry.models import Device

LONGEST_TEXT = 200
SHORTEST_MIN, LONGEST_MIN = 1, 7 * 24 * 60
MOST_WAITING = 20
"""More than so many for one device are a mistake."""


def can_be_told(protocol: str) -> bool:
    """Whether devices of a protocol take commands."""
    return protocol in PROTOCOLS and hasattr(codec(protocol), "command")


def queue_command(
    organisation: Organisation, account: Account | None, device: int, text: str, confirmation: str, minutes: int
) -> Command:
    """Let a device run ``text`` as soon as it is connected, within so many minutes. Raises NotFound, InvalidInput.

    ``confirmation`` repeats the identifier of the device: whoever sends commands to the wrong vehicle stops it.
    """
    found = _device(device)
    text = text.strip()
    if not can_be_told(found.protocol):
        raise InvalidInput(_("This device takes no commands, or has not called yet."))
    if not text or len(text) > LONGEST_TEXT or not (text.isascii() and text.isprintable()):
        raise InvalidInput(_("A command has 1 to %(most)s plain characters.") % {"most": LONGEST_TEXT})
    if confirmation.strip() != found.identifier:
        raise InvalidInput(_("To confirm, repeat the identifier of the device exactly."))
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise InvalidInput(_("A command waits between one minute and seven days."))
    return _queue(organisation, account, found, text, minutes)


def _queue(organisation: Organisation, account: Account | None, device: Device, text: str, minutes: int) -> Command:
    Device.objects.select_for_update().get(pk=device.pk)  # two who press at once queue it once
    waiting = Command.objects.filter(device=device, state=CommandState.QUEUED, expires_at__gt=clock.now())
    if waiting.filter(text=text).exists():
        raise InvalidInput(_("The same command waits for this device already."))
    if waiting.count() >= MOST_WAITING:
        raise InvalidInput(_("Too many commands wait for this device."))
    now = clock.now()
    made = Command.objects.create(
        organisation=organisation, device=device, text=text, created_by=account, created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(device.pk)])
    return made


def commands_of(device: int, limit: int = 50) -> list[Command]:
    """What a device was told lately, newest first, with who told it. Raises NotFound."""
    _device(device)
    return list(Command.objects.filter(device_id=device).select_related("created_by").order_by("-id")[:limit])


def withdraw_command(device: int, command: int) -> None:
    """Take back what was not sent yet. Raises NotFound, InvalidInput."""
    changed = Command.objects.filter(pk=command, device_id=device, state=CommandState.QUEUED).update(
        state=CommandState.CANCELLED, done_at=clock.now()
    )
    if changed:
        return
    if not Command.objects.filter(pk=command, device_id=device).exists():
        raise NotFound(_("There is no such command."))
    raise InvalidInput(_("This command cannot be taken back any more."))


def _device(device: int) -> Device:
    found = Device.objects.filter(pk=device).first()
    if found is None:
        raise NotFound(_("There is no such device."))
    return found


def forget_commands() -> None:
    """What devices were told goes when its time is over."""
    Command.objects.filter(created_at__lt=clock.now() - timedelta(days=RULES["command"].default_days or 0)).delete()
