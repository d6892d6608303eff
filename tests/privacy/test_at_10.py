"""AT-10: while a processor cannot be reached an erasure is partial: retried, told honestly, never called complete."""

from __future__ import annotations

import pytest

from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import answering, ports, upkeep, working
from allconnects.privacy.requests.models import Event, Letter, State
from tests.privacy.requests.office import Office

TEXT = "All that could be erased has been erased."


def test_what_is_half_done_is_told_as_half_done(office: Office) -> None:
    case = office.ask("erasure", language="en")
    working.begin_erasing(case, office.owner)
    assert office.eraser.begun == [case.pk]
    office.eraser.state = "partial"
    office.eraser.kept = (("the copy at the mail processor", "it could not be reached", ""),)
    upkeep.look(office.organisation.pk)
    upkeep.look(office.organisation.pk)
    case.refresh_from_db()
    assert case.state == State.PARTIAL
    (letter,) = Letter.objects.filter(case=case, kind="partial")
    assert "could not be reached" in letter.body
    assert "Data Protection Authority" in letter.body
    with pytest.raises(answering.NotYetDone):
        answering.answer(case, TEXT)
    case.refresh_from_db()
    assert case.state == State.PARTIAL
    assert not Event.objects.filter(case=case, what="answered").exists()


def test_once_all_is_done_the_answer_says_what_stays_why_and_until_when(office: Office) -> None:
    case = office.ask("erasure", language="nl")
    working.begin_erasing(case, office.owner)
    office.eraser.state = "partial"
    upkeep.look(office.organisation.pk)
    office.eraser.state, office.eraser.kept = "complete", (("je uren", "sociale documenten: vijf jaar", "2031-11-30"),)
    answering.answer(case, TEXT, done=["Posities, ritten en je account zijn gewist."])
    case.refresh_from_db()
    body = Letter.objects.get(case=case, kind="answer").body
    assert case.state == State.ANSWERED
    assert "je uren: sociale documenten: vijf jaar (tot 30 november 2031)" in body
    assert "Posities, ritten" in body


@pytest.mark.parametrize("state", ["running", "partial"])
def test_never_answered_before_it_is_complete(office: Office, state: str) -> None:
    case = office.ask("erasure")
    with pytest.raises(answering.NotYetDone):
        answering.answer(case, TEXT)
    working.begin_erasing(case, office.owner)
    office.eraser.state = state
    with pytest.raises(answering.NotYetDone):
        answering.answer(case, TEXT)


def test_begun_once_only(office: Office) -> None:
    case = office.ask("erasure")
    working.begin_erasing(case, office.owner)
    with pytest.raises(InvalidInput):
        working.begin_erasing(case, office.owner)
    with pytest.raises(InvalidInput):
        answering.withdraw(case)


def test_one_that_cannot_be_asked_does_not_keep_the_others(office: Office) -> None:
    class Broken(type(office.eraser)):  # type: ignore[misc]
        def status(self, erasure: object) -> ports.Progress:
            raise ports.Unavailable("away")

    case = office.ask("erasure")
    working.begin_erasing(case, office.owner)
    with ports.use(erasures=Broken()):
        upkeep.look(office.organisation.pk)
    case.refresh_from_db()
    assert case.state == State.WORKING
