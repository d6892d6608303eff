"""The states of a key, which moves there are, and what for each state lets itself be read. Pure.

Sources: GDPR art. 17 (erasure is final), art. 18(2) (restricted data are stored, and otherwise processed only
with the subject's consent, for legal claims, for the rights of another person or for important public interest),
art. 17(3)(e) (what a legal claim needs is not erased).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from allconnects.kit.errors import InvalidInput
from allconnects.kit.labels import Purpose as LabelPurpose
from allconnects.privacy.vault.errors import KeyDestroyed, KeyHeld, KeyRefused, KeyRestricted, MoveRefused

State = Literal["active", "restricted", "held", "destroyed"]
STATES: tuple[State, ...] = get_args(State)

MOVES: dict[State, frozenset[State]] = {
    "active": frozenset({"restricted", "held", "destroyed"}),
    "restricted": frozenset({"active", "held", "destroyed"}),
    "held": frozenset({"active", "restricted"}),
    "destroyed": frozenset(),
}
"""Where a key may go from each state. A held one must be released before it can be destroyed."""

STORAGE = "storage"
"""Sealing and re-sealing what was collected: art. 18 excepts storage, and an unsealed row is worse protected."""
HOLD = "legal_hold"
ART_18_2 = frozenset({"subject_consent", "legal_claims", "rights_of_others", "public_interest"})
PURPOSES = (frozenset(get_args(LabelPurpose)) - {"none"}) | ART_18_2 | {STORAGE, HOLD}

READERS: dict[State, frozenset[str]] = {
    "active": PURPOSES - {HOLD},
    "restricted": ART_18_2 | {STORAGE},
    "held": frozenset({HOLD, STORAGE}),
    "destroyed": frozenset(),
}
"""The purposes that each state admits."""

_REFUSALS: dict[State, tuple[type[KeyRefused], str]] = {
    "destroyed": (KeyDestroyed, "the key was destroyed: what it sealed cannot be read any more"),
    "held": (KeyHeld, "the data are kept for a legal hold and are read for nothing else"),
    "restricted": (KeyRestricted, "processing of these data is restricted"),
    "active": (KeyRefused, "there is no legal hold on these data"),
}


def check_purpose(purpose: str) -> None:
    """Raises InvalidInput for a purpose that is not in the closed set."""
    if purpose not in PURPOSES:
        raise InvalidInput("a key is handed out for a named purpose: " + ", ".join(sorted(PURPOSES)))


def moved(old: State, new: State) -> bool:
    """Whether there is anything to do. Raises MoveRefused for a move that does not exist."""
    if old == new:
        return False
    if new not in MOVES[old]:
        raise MoveRefused(f"a key that is {old} cannot become {new}")
    return True


def refusal(states: Iterable[State], purpose: str) -> KeyRefused | None:
    """Why a key under keys of these states is not handed out for this purpose, or None.

    The chain is as open as its least open key; where one is held, the purpose of the hold (a legal claim, which
    art. 18(2) admits) passes the others unless they are destroyed.
    """
    found = set(states)
    if purpose == HOLD and "held" in found:
        found -= {"active", "restricted"}
    for state in ("destroyed", "held", "restricted", "active"):
        if state in found and purpose not in READERS[state]:
            kind, text = _REFUSALS[state]
            return kind(text)
    return None
