"""A letter as a PDF by typst; the same letter gives the same bytes."""

from __future__ import annotations

import re
from typing import Final

from allconnects.accounts.models import Organisation
from allconnects.kit import clock
from allconnects.kit.paper import compiled
from allconnects.privacy.requests.letters import day
from allconnects.privacy.requests.models import Letter

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def pdf(letter: Letter) -> bytes:
    """The file. Raises NotPrinted, whose text does not repeat the letter."""
    at = letter.made_at.timestamp()
    return compiled("allconnects.privacy.requests", "data/letter.typ", _data(letter), at=at)[0]


def _data(letter: Letter) -> dict[str, object]:
    case = letter.case
    to = [case.name, *case.address.splitlines()]
    return {
        "organisation": Organisation.objects.get(pk=letter.organisation_id).name,
        "to": [_clean(line) for line in to if line.strip()],
        "day": day(clock.day_of(letter.made_at), letter.language),
        "subject": _clean(letter.subject),
        "language": letter.language,
        "paragraphs": [[_clean(line) for line in part.splitlines()] for part in letter.body.strip().split("\n\n")],
    }


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)
