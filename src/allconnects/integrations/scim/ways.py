"""Who leaves by another door is not active for the directory any more."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allconnects.accounts.leaving import Leaver, Way, register
from allconnects.accounts.models import Account
from allconnects.integrations.scim.models import DirectoryUser
from allconnects.kit import clock


def _not_active(leaver: Leaver) -> int:
    address = Account.objects.filter(pk=leaver.account or 0).values("email")
    active = DirectoryUser.objects.filter(organisation_id=leaver.organisation, user_name__in=address, active=True)
    active.update(active=False, changed_at=clock.now())
    return 0


register(Way("directory", _("The directory of the firm"), (), lambda _leaver: [], _not_active))
