"""The mail of a scheduled report: in the receiver's language, with the file or a link, and a way out of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.mail import Posted, post_once
from allconnects.kit import clock, config, jobs
from allconnects.kit.errors import AllconnectsError
from allconnects.reports import shown
from allconnects.reports.catalogue import report_of
from allconnects.reports.models import Delivery, DeliveryState
from allconnects.reports.running import Reader, WrittenFile, write_file
from allconnects.reports.sending import finish, given_of, may_receive, role_of, unsubscribe_token

MOST_ATTACHED_BYTES = 10_000_000
MOST_ATTEMPTS = 5


def deliver(organisation: int, delivery: int) -> None:
    """Make the report for its receiver and send it, once. What fails is written down; a mail server that is away is
    tried again."""
    rows = Delivery.objects.select_for_update().filter(organisation_id=organisation, pk=delivery)
    found = rows.select_related("schedule", "receiver__account").first()
    if found is None or found.state != DeliveryState.WAITING:
        return
    account, role = found.receiver.account, role_of(organisation, found.receiver.account_id)
    found.attempts += 1
    if found.receiver.unsubscribed_at or found.schedule.paused or not account.is_active:
        finish(found, DeliveryState.SKIPPED, "not_wanted")
    elif role is None or not may_receive(found, role):
        finish(found, DeliveryState.FAILED, "no_right")
    elif not config.current().email_url:
        finish(found, DeliveryState.FAILED, "no_mail_server")
    else:
        with translation.override(account.language or "nl"):
            _make_and_send(found, Reader(organisation, role, account, schedule=found.schedule_id))


def _make_and_send(found: Delivery, reader: Reader) -> None:
    try:
        file = write_file(found.schedule.report, reader, given_of(found), found.schedule.form)
    except AllconnectsError as error:
        finish(found, DeliveryState.FAILED, error.code)
        return
    finish(found, DeliveryState.UNSURE, lines=file.lines)
    post_once(found.organisation_id, _message(found, file), partial(_posted, found.organisation_id, found.pk))


def _posted(organisation: int, delivery: int, posted: Posted) -> None:
    found = Delivery.objects.select_for_update().filter(organisation_id=organisation, pk=delivery).first()
    if found is None or found.state != DeliveryState.UNSURE or posted == "unknown":
        return
    if posted == "sent":
        finish(found, DeliveryState.SENT)
    else:
        _again(found)


def _again(found: Delivery) -> None:
    """Try later, each time later still; not by an error, which would forget that it was tried."""
    if found.attempts >= MOST_ATTEMPTS:
        finish(found, DeliveryState.FAILED, "mail_refused")
        return
    found.state, found.problem, found.finished_at = DeliveryState.WAITING, "mail_refused", None
    found.save(update_fields=["state", "attempts", "problem", "finished_at"])
    when = clock.now() + timedelta(minutes=5 * 3 ** (found.attempts - 1))
    jobs.defer("reports.deliver", organisation=found.organisation_id, delivery=found.pk, at=when)


def _message(found: Delivery, file: WrittenFile) -> EmailMessage:
    """A link unless the file shall be attached and is small enough; the mail says nothing of what stands in it."""
    out = address(reverse("reports:unsubscribe", args=[unsubscribe_token(found.organisation_id, found.receiver_id)]))
    small = file.size <= MOST_ATTACHED_BYTES
    attached = found.schedule.attach and small
    why = _("You get this because somebody in your organisation named you as a receiver. You can stop it here:")
    body = [
        f"{report_of(found.schedule.report).title}: {shown.day(found.first)} – {shown.day(found.last)}",
        _("The file is attached.") if attached else _link(found),
        f"{why}\n{out}",
    ]
    message = EmailMessage(
        " ".join(found.schedule.title.splitlines()), "\n\n".join(body) + "\n", None, [found.receiver.account.email],
        headers={"List-Unsubscribe": f"<{out}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )  # fmt: skip
    content = file.content()
    if attached:
        message.attach(file.name, content, file.content_type.partition(";")[0])
    return message


def _link(found: Delivery) -> str:
    assert found.expires_at is not None
    until = shown.day(found.expires_at.astimezone(clock.BRUSSELS))
    text = _("Fetch it here, signed in, until %(day)s:") % {"day": until}
    return text + "\n" + address(reverse("reports:delivery", args=[found.pk]))


def address(path: str) -> str:
    """The whole address of a page."""
    settings = config.current()
    return (settings.public_url or f"http://{settings.host}:{settings.port}") + path


def give_up(organisation: int) -> None:
    """Sendings that still wait a day after they were due have failed, and are shown so."""
    waiting = Delivery.objects.filter(organisation_id=organisation, state=DeliveryState.WAITING)
    for found in waiting.filter(due_at__lt=clock.now() - timedelta(days=1))[:100]:
        finish(found, DeliveryState.FAILED, "given_up")
