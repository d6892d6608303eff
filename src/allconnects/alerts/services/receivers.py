"""Browsers that want to be told."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allconnects.accounts.models import Account, Organisation
from allconnects.alerts.delivery import push
from allconnects.alerts.models import PushSubscription
from allconnects.kit.errors import InvalidInput

MOST = 10
"""Browsers of one account; the oldest makes place for the next."""


def subscribe(
    organisation: Organisation, account: Account, endpoint: str, p256dh: str, auth: str, browser: str = ""
) -> PushSubscription:
    """Note a browser; the same again replaces its keys, and its account. Raises InvalidInput for what is none."""
    if len(endpoint) > 700 or len(p256dh) > 120 or len(auth) > 40:
        raise InvalidInput(_("This browser's subscription cannot be used."))
    try:
        push.check(endpoint, p256dh, auth)
    except ValueError:
        raise InvalidInput(_("This browser's subscription cannot be used.")) from None
    made, _new = PushSubscription.objects.update_or_create(
        organisation=organisation, endpoint=endpoint,
        defaults={"account": account, "p256dh": p256dh, "auth": auth, "browser": browser},
    )  # fmt: skip
    older = PushSubscription.objects.filter(account=account).order_by("-created_at", "-pk")[MOST:]
    PushSubscription.objects.filter(pk__in=[one.pk for one in older]).delete()
    return made
