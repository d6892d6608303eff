"""The way in of this room: links that show a part of the map."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.kit import clock
from allconnects.products.live_connects.models import Share


def _shares(leaver: Leaver) -> QuerySet[Share]:
    made = Share.objects.filter(organisation_id=leaver.organisation, created_by_id=leaver.account or 0)
    return made.filter(revoked_at=None, ends_at__gt=clock.now())


register(
    Way(
        "shares", _("Links that show the map"), ("live_share",),
        lambda one: [share.title for share in _shares(one)],
        lambda one: _shares(one).update(revoked_at=clock.now()),
    )
)  # fmt: skip
