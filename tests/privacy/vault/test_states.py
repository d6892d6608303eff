"""The table of states, and a vault that is driven at random and compared with a model of it."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from allconnects.kit import labels
from allconnects.privacy.vault import (
    HOLD,
    STORAGE,
    KeyDestroyed,
    KeyMissing,
    KeyRefused,
    MoveRefused,
    Subject,
    Vault,
    organisation,
    person,
)
from allconnects.privacy.vault.service import from_settings
from allconnects.privacy.vault.states import ART_18_2, MOVES, PURPOSES, READERS, STATES, State, moved, refusal
from tests.privacy.vault.conftest import WHO, _numbers

READ = "fleet.dispatch"
CLASSES = ("raw_position", "trip")
PEOPLE = (person(1), person(2))


def test_destroyed_is_final_and_never_straight_from_held() -> None:
    assert MOVES["destroyed"] == frozenset()
    assert "destroyed" not in MOVES["held"]
    assert all("destroyed" in MOVES[state] for state in ("active", "restricted"))


@pytest.mark.parametrize(("old", "new"), list(product(STATES, STATES)))
def test_every_move_is_done_idle_or_refused(old: State, new: State) -> None:
    if old == new:
        assert not moved(old, new)
    elif new in MOVES[old]:
        assert moved(old, new)
    else:
        with pytest.raises(MoveRefused):
            moved(old, new)


@pytest.mark.parametrize(("state", "purpose"), list(product(STATES, sorted(PURPOSES))))
def test_who_reads_what(state: State, purpose: str) -> None:
    """Written out again from the law, so that a slip in the table shows."""
    may = {
        "active": purpose != HOLD,
        "restricted": purpose in {"subject_consent", "legal_claims", "rights_of_others", "public_interest", STORAGE},
        "held": purpose in {HOLD, STORAGE},
        "destroyed": False,
    }[state]
    assert (purpose in READERS[state]) == may
    assert (refusal([state], purpose) is None) == may
    assert (refusal(["active", state], purpose) is None) == ((may and purpose != HOLD) or (state == "held" and may))


def test_purposes_of_labels_are_purposes_of_keys() -> None:
    assert set(get_args(labels.Purpose)) - {"none"} <= PURPOSES
    assert ART_18_2 <= PURPOSES


class Machine(RuleBasedStateMachine):
    """Two people with two classes in one organisation; the model knows three levels of states."""

    vault: Vault
    other: Vault

    @initialize()
    def begin(self) -> None:
        self.number = next(_numbers)
        self.own: dict[tuple[Subject, str], State] = {}
        self.keys: dict[tuple[Subject, str], bytes] = {}

    @property
    def top(self) -> tuple[Subject, str]:
        return (organisation(self.number), "*")

    def chain(self, subject: Subject, klass: str) -> list[tuple[Subject, str]]:
        return list(dict.fromkeys((self.top, (subject, "*"), (subject, klass))))

    def states(self, subject: Subject, klass: str) -> set[State]:
        return {self.own[place] for place in self.chain(subject, klass) if place in self.own}

    def exists(self, subject: Subject, klass: str) -> bool:
        return all(place in self.own for place in self.chain(subject, klass))

    def make(self, subject: Subject, klass: str) -> None:
        for place in self.chain(subject, klass):
            self.own.setdefault(place, "active")

    places = st.one_of(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*CLASSES, "*"))), st.just(("organisation", "*"))
    )

    def place(self, given: tuple[Subject | str, str]) -> tuple[Subject, str]:
        return self.top if given[0] == "organisation" else given  # type: ignore[return-value]

    @rule(subject=st.sampled_from(PEOPLE), klass=st.sampled_from(CLASSES))
    def seal(self, subject: Subject, klass: str) -> None:
        if "destroyed" in self.states(subject, klass):
            with pytest.raises(KeyDestroyed):
                self.vault.key_for_sealing(self.number, subject, klass, who=WHO)
            return
        key = self.vault.key_for_sealing(self.number, subject, klass, who=WHO)
        assert self.keys.setdefault((subject, klass), key) == key
        self.make(subject, klass)

    @rule(
        subject=st.sampled_from(PEOPLE),
        klass=st.sampled_from(CLASSES),
        purpose=st.sampled_from((READ, HOLD, "legal_claims")),
    )
    def read(self, subject: Subject, klass: str, purpose: str) -> None:
        """From a process that has just heard of all changes."""
        self.other.cache.forget()
        refused = refusal(self.states(subject, klass), purpose)
        wanted = type(refused) if refused else None if self.exists(subject, klass) else KeyMissing
        if wanted is None:
            key = self.other.key(self.number, subject, klass, purpose=purpose, who=WHO)
            assert self.keys.setdefault((subject, klass), key) == key
            return
        with pytest.raises(KeyRefused) as caught:
            self.other.key(self.number, subject, klass, purpose=purpose, who=WHO)
        assert caught.type is wanted

    @rule(given=places, new=st.sampled_from(("active", "restricted", "held")))
    def set(self, given: tuple[Subject | str, str], new: State) -> None:
        subject, klass = place = self.place(given)
        above = self.chain(subject, klass)[:-1]
        if any(self.own.get(one) == "destroyed" for one in above):
            with pytest.raises(KeyDestroyed):
                self.vault.set_state(self.number, subject, new, who=WHO, reason="x", klass=klass)
            return
        old = self.own.get(place, "active")
        if old == "destroyed":
            with pytest.raises((KeyDestroyed, MoveRefused)):
                self.vault.set_state(self.number, subject, new, who=WHO, reason="x", klass=klass)
            return
        assert self.vault.set_state(self.number, subject, new, who=WHO, reason="x", klass=klass) == (old != new)
        self.make(subject, klass)
        self.own[place] = new

    @rule(given=places)
    def destroy(self, given: tuple[Subject | str, str]) -> None:
        subject, klass = place = self.place(given)
        below = [one for one in self.own if place in self.chain(*one)]
        touched = {self.own[one] for one in [*below, *self.chain(subject, klass)] if one in self.own}
        if self.own.get(place) == "destroyed":
            assert not self.vault.destroy(self.number, subject, who=WHO, reason="x", klass=klass)
        elif "held" in touched:
            with pytest.raises(MoveRefused):
                self.vault.destroy(self.number, subject, who=WHO, reason="x", klass=klass)
        else:
            assert self.vault.destroy(self.number, subject, who=WHO, reason="x", klass=klass)
            for one in (*below, place):
                self.own[one] = "destroyed"

    @precondition(lambda self: hasattr(self, "own"))
    @invariant()
    def the_database_has_those_states(self) -> None:
        with self.vault.session() as connection:
            rows = connection.execute(
                "SELECT kind, subject, class, state, wrapped IS NULL FROM vault_key WHERE organisation_id = %s",
                (self.number,),
            ).fetchall()
        assert {(Subject(row[0], row[1]), row[2]): row[3] for row in rows} == self.own
        assert all(gone == (state == "destroyed") for *_, state, gone in rows)


def test_a_vault_that_is_driven_at_random(database: None) -> None:
    with from_settings() as Machine.vault, from_settings() as Machine.other:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
