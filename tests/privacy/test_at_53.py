"""AT-53: kill -9 at each step of an erasure: taken up again it ends the same, nothing skipped and nothing twice.

Destroying a key is killed in ``vault/test_crashes.py``, and what goes for its age in ``tests/chaos/test_seal_kill.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.privacy.erasure import engine, marks, service
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import open_vault
from tests.privacy.canary import seen
from tests.privacy.killing import POINTS, Victims
from tests.privacy.rights import canary, erase
from tests.privacy.test_at_08 import _somebody_elses

_STATE = "SELECT state, attempts, steps, person FROM privacy_erasure WHERE id = %s"
_SAID = "SELECT count(*) FROM privacy_audit WHERE organisation_id = %s AND action = 'erasure.done'"
_MARKS = "SELECT kind, count(*) FROM privacy_mark WHERE organisation_id = %s GROUP BY 1 ORDER BY 1"


@pytest.fixture
def victims() -> Iterator[Victims]:
    """Processes to kill."""
    made = Victims()
    yield made
    made.close()


def test_at_53_killed_at_each_step_an_erasure_ends_as_if_nothing_had_been(
    owner_connection: psycopg.Connection[Any], organisation: Organisation, other_organisation: Organisation,
    victims: Victims,
) -> None:  # fmt: skip
    one, undisturbed = canary(owner_connection, organisation.pk), canary(owner_connection, other_organisation.pk)
    erasure, _ = erase(organisation.pk, one.person, run=False)
    tag = marks.main_tag(open_vault(), Subject(organisation.pk, one.person))

    for number, point in enumerate(POINTS):
        assert victims.run(organisation.pk, erasure, point), f"it went past {point}"
        state, attempts, steps, person = owner_connection.execute(_STATE, (erasure,)).fetchone()  # type: ignore[misc]
        assert (state == "done") == (person is None) == (point == "close:after"), point
        assert attempts == number + 1
        done = [step["step"] for step in steps if step["state"] == "done"]
        assert sorted(done, key=engine.STEPS.index) == list(engine.STEPS)[: len(done)], "each once, none skipped"
        assert len(done) <= engine.STEPS.index(point.partition(":")[0]) + (point == "close:after")
    assert not victims.run(organisation.pk, erasure)

    _, state = erase(other_organisation.pk, undisturbed.person)
    assert state == "done"
    with speaking_for(organisation.pk):
        progress = service.status(erasure)
        assert erasure not in service.unfinished(organisation.pk)
    assert (progress.state, progress.attempts) == ("done", len(POINTS))
    assert sorted((step.name for step in progress.steps), key=engine.STEPS.index) == list(engine.STEPS)
    mine = [token for token in one.tokens if not token.label.erasure.startswith("retain:")]
    words = [token.text for token in mine if not _somebody_elses(one.reach, token.table, token.label.erasure)]
    assert len(words) > 40
    assert seen(owner_connection, words) == {}
    for query in (_SAID, _MARKS):
        both = [owner_connection.execute(query, (of,)).fetchall() for of in (organisation.pk, other_organisation.pk)]
        assert both[0] == both[1], "twice, or not at all"
    assert tag in marks.ledger().tags(open_vault().name())
