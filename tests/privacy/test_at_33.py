"""AT-33: a fee or a refusal without evidence, cost sheet or second person is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import answering
from allconnects.privacy.requests.models import Decision, Letter, State
from tests.privacy.requests.office import Office

EVIDENCE = "The same question was answered on the first, the eighth and the fifteenth of this month."
COSTS = [("An hour of work", "45,00"), ("Postage", "8.50")]


@pytest.mark.parametrize(
    ("kind", "ground", "evidence", "costs"),
    [
        ("refusal", "unfounded", "", []),
        ("refusal", "unfounded", "no", []),
        ("refusal", "", EVIDENCE, []),
        ("refusal", "busy", EVIDENCE, []),
        ("fee", "excessive", EVIDENCE, []),
        ("fee", "excessive", EVIDENCE, [("Postage", "")]),
        ("fee", "excessive", EVIDENCE, [("Postage", "-3")]),
        ("fee", "exempt", EVIDENCE, COSTS),
    ],
)
def test_what_lacks_a_ground_evidence_or_costs(
    office: Office,
    kind: str,
    ground: str,
    evidence: str,
    costs: list[tuple[str, str]],
) -> None:
    case = office.ask("erasure")
    with pytest.raises(InvalidInput):
        answering.propose(case, kind, ground, evidence, office.owner, costs)
    assert not Decision.objects.filter(case=case).exists()


def test_one_person_alone_cannot_refuse(office: Office) -> None:
    case = office.ask("erasure")
    made = answering.propose(case, "refusal", "unfounded", EVIDENCE, office.owner)
    with pytest.raises(InvalidInput):
        answering.decide(made, True, office.owner)
    case.refresh_from_db()
    assert case.state == State.WORKING
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=made.pk).update(decided_by=office.owner)


def test_two_people_refuse_and_the_person_reads_why(office: Office) -> None:
    case = office.ask("erasure")
    answering.decide(
        answering.propose(case, "refusal", "unfounded", EVIDENCE, office.owner), approve=True, by=office.second
    )
    case.refresh_from_db()
    assert case.state == State.REFUSED
    body = Letter.objects.get(case=case, kind="refusal").body
    assert EVIDENCE in body
    assert "Gegevensbeschermingsautoriteit" in body
    assert "rechter" in body


def test_what_is_not_approved_changes_nothing(office: Office) -> None:
    case = office.ask("erasure")
    made = answering.propose(case, "refusal", "unfounded", EVIDENCE, office.owner)
    answering.decide(made, approve=False, by=office.second)
    case.refresh_from_db()
    assert case.state == State.WORKING
    with pytest.raises(InvalidInput):
        answering.decide(made, approve=True, by=office.second)


def test_the_first_copy_is_free_and_a_later_one_costs_what_it_costs(office: Office) -> None:
    first = office.ask("access")
    with pytest.raises(InvalidInput, match="free"):
        answering.propose(first, "fee", "excessive", EVIDENCE, office.owner, COSTS)
    answering.answer(first, "Your package waits on this page for a week.")
    again = office.ask("access")
    made = answering.propose(again, "fee", "excessive", EVIDENCE, office.owner, COSTS)
    answering.decide(made, approve=True, by=office.second)
    again.refresh_from_db()
    assert made.amount == Decimal("53.50")
    assert again.state == State.WORKING
    assert "53.50" in Letter.objects.get(case=again, kind="fee").body
