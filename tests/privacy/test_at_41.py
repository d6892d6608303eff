"""AT-41: what a machine works out of hours decides about nobody: a human approves, and the worker may contest.

He sees what it was worked out from, says what is wrong, and a named human who is not he answers. Until then the month
is not approved. What is put right is worked out again, and both values stay to be read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.test import Client

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import clock
from allconnects.kit.errors import Forbidden, InvalidInput, NotFound
from allconnects.privacy.audit import service as audit
from allconnects.reports import contests, payroll
from allconnects.reports.models import Contest, PayrollMonth
from tests.reports.firm import Firm, at

OCTOBER = date(2026, 10, 1)
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)


class Crew:
    """A worker with an account, who drove on one day and stood at a site for eight hours."""

    def __init__(self, owner: psycopg.Connection[Any], organisation: Organisation, account: Account) -> None:
        self.firm, self.organisation, self.account = Firm(owner, organisation.pk), organisation, account
        self.person: UUID = self.firm.person("Ann", "Example", account.pk)
        vehicle, self.device = self.firm.vehicle("Van")
        self.site = self.firm.place("Site North")
        self.firm.occupancy(vehicle, self.person, at("2026-10-05 06:00"), at("2026-10-05 19:00"))
        self.firm.trip(self.device, at("2026-10-05 07:00"), at("2026-10-05 08:00"), person=self.person)
        self.firm.visit(self.device, self.site, at("2026-10-05 08:00"), at("2026-10-05 12:00"))

    def month(self) -> payroll.PersonMonth:
        return payroll.month_of(self.organisation.pk, OCTOBER, self.person)[0]

    def contest(self, reason: str = "I stayed until five.") -> Contest:
        return contests.contest(self.organisation.pk, self.account, OCTOBER, date(2026, 10, 5), reason)


@pytest.fixture
def crew(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, account_of: Callable[..., Account]
) -> Crew:
    return Crew(owner_connection, organisation, account_of("driver"))


def test_at_41_a_contested_month_waits_for_a_named_human_and_both_values_stay(
    crew: Crew, account_of: Callable[..., Account]
) -> None:
    pk, clerk = crew.organisation.pk, account_of("manager")
    with clock.at(NOW), speaking_for(pk):
        said = crew.contest()
        with pytest.raises(payroll.Contested):
            payroll.approve(pk, clerk, crew.person, OCTOBER, crew.month().digest)
        with pytest.raises(InvalidInput, match="what they were"):
            contests.answer(pk, clerk, crew.person, said.pk, "corrected", "Put right.")
    crew.firm.visit(crew.device, crew.site, at("2026-10-05 13:00"), at("2026-10-05 17:00"))
    with clock.at(NOW), speaking_for(pk):
        answered = contests.answer(pk, clerk, crew.person, said.pk, "corrected", "The afternoon is counted now.")
        assert answered.answered_by == clerk
        assert answered.figures["sites"] == {"Site North": [1, 4 * 3600]}
        assert answered.answered_figures["sites"] == {"Site North": [1, 8 * 3600]}
        approved = payroll.approve(pk, clerk, crew.person, OCTOBER, crew.month().digest)
        assert approved.figures["sites"] == {"Site North": [1, 8 * 3600]}, "what was put right reaches payroll"


def test_at_41_nobody_answers_himself_and_nobody_speaks_for_another(
    crew: Crew, account_of: Callable[..., Account], other_organisation: Organisation
) -> None:
    pk, clerk = crew.organisation.pk, account_of("manager")
    with clock.at(NOW), speaking_for(pk):
        said = crew.contest()
        with pytest.raises(Forbidden):
            contests.answer(pk, crew.account, crew.person, said.pk, "kept", "It is right.")
        with pytest.raises(NotFound):
            contests.contest(pk, clerk, OCTOBER, None, "Not my hours.")
        with pytest.raises(InvalidInput):
            crew.contest()
        with pytest.raises(InvalidInput):
            contests.contest(pk, crew.account, OCTOBER, date(2026, 11, 1), "Another month.")
    with clock.at(NOW), speaking_for(other_organisation.pk), pytest.raises(NotFound):
        contests.answer(other_organisation.pk, clerk, crew.person, said.pk, "kept", "It is right.")
    with clock.at(NOW), speaking_for(pk):
        contests.withdraw(pk, crew.account, said.pk)
        with pytest.raises(contests.AnsweredAlready):
            contests.answer(pk, clerk, crew.person, said.pk, "kept", "It is right.")
        payroll.approve(pk, clerk, crew.person, OCTOBER, crew.month().digest)
        assert PayrollMonth.objects.filter(person=crew.person).count() == 1


def test_at_41_on_the_pages_from_the_word_to_the_answer(crew: Crew, client_of: Callable[..., Client]) -> None:
    worker, office = Client(SERVER_NAME="localhost"), client_of("manager")
    mine, theirs = "/my/hours/?month=2026-10", f"/reports/payroll/{crew.person}/?month=2026-10"
    with clock.at(NOW):
        worker.force_login(crew.account)
        page = worker.get(mine).content.decode()
        assert "Site North" in page, "what it is worked out from"
        assert worker.post(mine, {"day": "2026-10-05", "reason": "no"}).status_code == 422
        assert worker.post(mine, {"day": "2026-10-05", "reason": "I stayed until five."}).status_code == 302
        assert "contested" in office.get("/reports/payroll/?month=2026-10").content.decode()
        assert "I stayed until five." in office.get(theirs).content.decode()
        with speaking_for(crew.organisation.pk):
            number, digest = Contest.objects.get().pk, crew.month().digest
        assert office.post(theirs, {"act": "approve", "digest": digest}).status_code == 409
        given = {"act": "kept", "contest": number, "answer": "The badge says noon."}
        assert office.post(theirs, given).status_code == 302
        assert office.post(theirs, given).status_code == 409, "answered once"
        page = worker.get(mine).content.decode()
        assert "The badge says noon." in page
        assert office.post(theirs, {"act": "approve", "digest": digest}).status_code == 302
    with speaking_for(crew.organisation.pk):
        from django.db import connection

        with connection.cursor() as cursor:
            told = audit.entries_about(cursor, crew.organisation.pk, f"contest:{number}")
    assert {one.action for one in told} == {"hours.contested", "hours.answered"}
    assert "noon" not in str([one.details for one in told])
