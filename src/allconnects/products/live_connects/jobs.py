"""What the worker does for this room; every task speaks for one organisation."""

from __future__ import annotations

from datetime import timedelta

from allconnects.kit import clock, jobs
from allconnects.privacy.retention import RULES
from allconnects.products.live_connects import message_mail
from allconnects.products.live_connects.counting import count_use
from allconnects.products.live_connects.models import Message, Share
from allconnects.telemetry.commanding import forget_commands


@jobs.periodic("23 3 * * *", "live.forget")
def forget(organisation: int) -> None:  # noqa: ARG001
    """Links, messages and commands go when their time is over."""
    now = clock.now()
    Share.objects.filter(ends_at__lt=now - timedelta(days=RULES["share"].default_days or 0)).delete()
    Message.objects.filter(at__lt=now - timedelta(days=RULES["message"].default_days or 0)).delete()
    forget_commands()


@jobs.periodic("* * * * *", "live.announce")
def announce(organisation: int) -> None:
    """Messages that nobody read are announced by mail, each in a job of its own."""
    for receiver in message_mail.due(organisation):
        jobs.defer("live.mail", organisation=organisation, receiver=receiver, key=f"mail {receiver}")


@jobs.task("live.mail", outside=True)
def mail(organisation: int, receiver: int) -> None:
    """One mail to one receiver about all that waits."""
    message_mail.send(organisation, receiver)


@jobs.periodic("*/10 * * * *", "live.count_today")
def count_today(organisation: int) -> None:
    """What vehicles did today and yesterday, for overviews."""
    count_use(organisation, days=2)


@jobs.periodic("17 * * * *", "live.count_weeks")
def count_weeks(organisation: int) -> None:
    """The same of four weeks: late data, corrections and erasures change days that are long over."""
    count_use(organisation)
