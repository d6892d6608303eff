"""A letter as a PDF by typst; the same letter gives the same bytes."""

from __future__ import annotations

import json
import re
import tempfile
from importlib import resources
from pathlib import Path
from typing import Final

import typst
from django.utils.translation import gettext as _

from allconnects.accounts.models import Organisation
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.requests.letters import day
from allconnects.privacy.requests.models import Letter
from allconnects.privacy.requests.receiving import BRUSSELS

_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class NotPrinted(AllconnectsError):
    """The letter could not be made into a PDF."""

    code = "not_printed"


def pdf(letter: Letter) -> bytes:
    """The file. Raises NotPrinted, whose text does not repeat the letter."""
    with tempfile.TemporaryDirectory(prefix="allconnects-letter-") as folder:
        root = Path(folder)
        source = resources.files("allconnects.privacy.requests").joinpath("data", "letter.typ")
        (root / "letter.typ").write_bytes(source.read_bytes())
        (root / "data.json").write_text(json.dumps(_data(letter)))
        compiler = typst.Compiler(str(root / "letter.typ"), root=str(root), ignore_system_fonts=True)
        try:
            made = compiler.compile(format="pdf", timestamp=int(letter.made_at.timestamp()))
        except typst.TypstError:
            raise NotPrinted(_("The letter could not be made into a PDF.")) from None
    assert isinstance(made, bytes)
    return made


def _data(letter: Letter) -> dict[str, object]:
    case = letter.case
    to = [case.name, *case.address.splitlines()]
    return {
        "organisation": Organisation.objects.get(pk=letter.organisation_id).name,
        "to": [_clean(line) for line in to if line.strip()],
        "day": day(letter.made_at.astimezone(BRUSSELS).date(), letter.language),
        "subject": _clean(letter.subject),
        "language": letter.language,
        "paragraphs": [[_clean(line) for line in part.splitlines()] for part in letter.body.strip().split("\n\n")],
    }


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)
