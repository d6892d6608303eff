"""The tables of requests: a case, what happened to it, the letters, and what two people decided.

A case belongs to the organisation that must answer: to the employer where the data are the employer's.
"""

from allconnects.privacy.requests.models.case import Case, Event, Officer
from allconnects.privacy.requests.models.papers import Correction, Decision, Letter
from allconnects.privacy.requests.models.words import (
    OPEN,
    Channel,
    Ground,
    Happened,
    Identity,
    Kind,
    LetterKind,
    Right,
    State,
    Way,
)

__all__ = [
    "OPEN",
    "Case",
    "Channel",
    "Correction",
    "Decision",
    "Event",
    "Ground",
    "Happened",
    "Identity",
    "Kind",
    "Letter",
    "LetterKind",
    "Officer",
    "Right",
    "State",
    "Way",
]
