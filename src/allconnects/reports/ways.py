"""The way in of this room: reports that are sent by themselves."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.kit import clock
from allconnects.reports.models import Receiver


def _received(leaver: Leaver) -> QuerySet[Receiver]:
    mine = Receiver.objects.filter(organisation_id=leaver.organisation, account_id=leaver.account or 0)
    return mine.filter(unsubscribed_at=None).select_related("schedule")


register(
    Way(
        "reports", _("Reports that are sent by mail"), (),
        lambda one: [receiver.schedule.title for receiver in _received(one)],
        lambda one: _received(one).update(unsubscribed_at=clock.now()),
    )
)  # fmt: skip
