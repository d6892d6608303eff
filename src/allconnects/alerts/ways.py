"""The way in of this room: browsers that are told of alerts."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.alerts.models import PushSubscription


def _subscriptions(leaver: Leaver) -> QuerySet[PushSubscription]:
    return PushSubscription.objects.filter(organisation_id=leaver.organisation, account_id=leaver.account or 0)


register(
    Way(
        "push", _("Messages to browsers"), ("alerts_pushsubscription",),
        lambda one: [subscription.browser for subscription in _subscriptions(one)],
        lambda one: _subscriptions(one).delete()[0],
    )
)  # fmt: skip
