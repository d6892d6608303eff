"""Passing a request on to the employer, who decides about the data of his people; we only process them.

Within one working day, with the day on which it truly arrived and, for a copy, with the data packed.
Sources: GDPR art. 28(3)(e); processing agreements of the trade.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import identity, letters, tenants, working
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Channel, Happened, Identity, LetterKind, State
from allconnects.privacy.requests.receiving import Asked, is_home, receive


def refer(case: Case, organisation: int) -> UUID:
    """Make the same case at another organisation and close it here as passed on. Returns that one's number.

    Raises InvalidInput when it is not the operator's to pass on, was passed on, or there is no such organisation.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    if not is_home(case.organisation_id) or case.twin is not None:
        raise InvalidInput(_("Only the operator passes requests on, and each once."))
    if case.state not in (State.RECEIVED, State.IDENTITY):
        raise InvalidInput(_("Work on this request has begun already."))
    employer = next((one for one in tenants.tenants() if one.id == organisation), None)
    if employer is None or employer.id == case.organisation_id:
        raise InvalidInput(_("There is no such organisation."))
    twin = _at_employer(case, employer.id)
    case.state, case.twin_organisation, case.twin, case.route_by = State.ROUTED, employer.id, twin, None
    case.save(update_fields=["state", "twin_organisation", "twin", "route_by"])
    note(case, Happened.ROUTED, organisation=employer.id)
    letters.write(case, LetterKind.REFERRAL, employer=employer.name, day=clock.today())
    return twin


def _at_employer(case: Case, organisation: int) -> UUID:
    account = next((one.account for one in tenants.known(case.email) if one.organisation == organisation), None)
    asked = Asked(
        channel=Channel.REFERRED, right=case.right, language=case.language, received_on=case.received_on,
        name=case.name, email=case.email, address=case.address, words=case.words, account=account,
        identity=Identity(case.identity) if account is not None else Identity.NONE,
        twin=(case.organisation_id, case.pk),
    )  # fmt: skip
    with tenants.acting_in(organisation):
        twin = receive(organisation, asked)
        if account is not None and not twin.identity:
            _prepare(twin)
    return twin.pk


def _prepare(twin: Case) -> None:
    """The data are packed at once; they are handed out when the code, sent to the known address, has come back."""
    if twin.right in working.PACKS:
        working.pack(twin)
    identity.send_code(twin)


def by_itself(case: Case) -> bool:
    """Pass on at once where the address is that of a member of exactly one other organisation. Whether it was."""
    if case.twin is not None or case.account_id is not None or not is_home(case.organisation_id):
        return False
    others = {one.organisation for one in tenants.known(case.email)} - {case.organisation_id}
    if len(others) != 1:
        return False
    refer(case, others.pop())
    return True
