"""Requests with what really stops and erases in this program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import answering, doing, ports, rectifying, upkeep, working
from allconnects.privacy.requests.models import Case, Channel, Identity, Letter, State
from allconnects.privacy.requests.receiving import Asked, receive
from tests.reports.firm import Firm


@pytest.fixture
def person(organisation: Organisation, owner_connection: psycopg.Connection[Any]) -> UUID:
    return UUID(str(Firm(owner_connection, organisation.pk).person("Ann", "Exampel")))


def asked(organisation: Organisation, right: str, person: UUID, by: Account) -> Case:
    given = Asked(Channel.POST, right=right, person=person, identity=Identity.EMPLOYER, entered_by=by.pk)
    return receive(organisation.pk, given)


def test_a_restriction_stops_and_is_lifted_after_a_letter(
    organisation: Organisation, person: UUID, account_of: Any, owner_connection: psycopg.Connection[Any]
) -> None:
    by = account_of("owner")
    holds = "SELECT count(*) FROM privacy_withheld WHERE person = %s AND ended_at IS NULL"
    with ports.use(holds=doing.found("holds")):
        with speaking_for(organisation.pk):
            case = asked(organisation, "restriction", person, by)
            assert case.restricted_at is not None
        assert owner_connection.execute(holds, (person,)).fetchone() == (1,)
        with speaking_for(organisation.pk):
            case.refresh_from_db()
            with pytest.raises(InvalidInput):
                working.announce_lift(case, "The data turned out to be right after all.", clock.today())
            assert not Letter.objects.filter(case=case, kind="lifting").exists()
            working.announce_lift(case, "The data turned out to be right after all.", clock.today() + timedelta(days=7))
            assert Letter.objects.filter(case=case, kind="lifting").exists()
            upkeep.lift(organisation.pk)
        assert owner_connection.execute(holds, (person,)).fetchone() == (1,), "the notice comes before"
        with clock.at(clock.now() + timedelta(days=7)), speaking_for(organisation.pk):
            upkeep.lift(organisation.pk)
            case.refresh_from_db()
            assert (case.restricted_at, case.lifts_on) == (None, None)
        assert owner_connection.execute(holds, (person,)).fetchone() == (0,)


def test_an_erasure_begins_and_is_not_called_answered_before_it_is_done(
    organisation: Organisation, person: UUID, account_of: Any
) -> None:
    by = account_of("owner")
    with ports.use(erasures=doing.found("erasures")), speaking_for(organisation.pk):
        case = asked(organisation, "erasure", person, by)
        working.begin_erasing(case, by)
        assert working.progress(case).state == "running"
        with pytest.raises(answering.NotYetDone):
            answering.answer(case, "Everything has been erased.")


def test_a_correction_changes_the_register_and_keeps_both_values(
    organisation: Organisation, person: UUID, account_of: Any
) -> None:
    by = account_of("owner")
    with speaking_for(organisation.pk):
        case = asked(organisation, "rectification", person, by)
        made = rectifying.ask(case, "last_name", "", "whatever was typed", "Example")
        trip = rectifying.ask(case, "trip", "16/11/2026", "42 km", "12 km")
        with pytest.raises(answering.InvalidInput):
            answering.answer(case, "Your name is right from now on.")
        rectifying.decide(made, True, "", by)
        rectifying.decide(trip, False, "The tracker counted 42 km and so did the odometer.", by)
        made.refresh_from_db()
        assert (made.measured, made.corrected, made.accepted) == ("Exampel", "Example", True)
        assert ports.people().name(person) == "Ann Example"
        with pytest.raises(answering.InvalidInput):
            rectifying.decide(made, False, "Twice is once too often.", by)
        answering.answer(case, "Your name is right from now on.")
        case.refresh_from_db()
        assert case.state == State.ANSWERED
