"""Letters: receipts, answers and what comes between, in the language of the person.

Each names the right to complain and to go to court (GDPR art. 12(4), 15(1)(f)), answers the sources (15(1)(g)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format

from allconnects.accounts.models import Account, Organisation
from allconnects.privacy.requests import ports, sending, texts
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Happened, Letter, LetterKind, Way

BARE = frozenset({LetterKind.CONFIRM, LetterKind.CODE})
"""Letters that decide nothing: they hold no more than they must."""
Kept = tuple[str, str, str]
"""What stays, why, and until which day (ISO date, or words, or empty)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A letter before it is kept."""

    subject: str
    body: str


def day(value: date, language: str) -> str:
    """A day as it is written in a language."""
    with translation.override(language):
        return date_format(value, "j F Y")


def compose(case: Case, kind: LetterKind, *, done: Iterable[str] = (), kept: Iterable[Kept] = (), **facts: Any) -> Text:
    """The words of a letter. ``facts``: what its text asks for beyond the case; days are written in the language."""
    said = texts.wording(case.language)
    common, parts = said["common"], said[kind]
    values = {**_of_case(case, said), **{k: _shown(v, case.language) for k, v in facts.items()}}
    name = case.name or _name_of(case)
    body = [
        common["greeting"].format(name=name) if name else common["greeting_unnamed"],
        parts["body"].format(**values),
        *_lists(common, list(done), list(kept), case.language),
    ]
    if kind == LetterKind.ANSWER:
        body.append(common["source"])
    if kind not in BARE:
        body += [_remedies(case.language), common["follow"].format(**values)]
    body += [common["reference"].format(**values), common["signature"].format(**values)]
    return Text(parts["subject"].format(**values), "\n\n".join(body) + "\n")


def _of_case(case: Case, said: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    organisation = Organisation.objects.get(pk=case.organisation_id)
    return {
        "reference": case.reference,
        "organisation": organisation.name,
        "right": said["rights"][case.right],
        "received": day(case.received_on, case.language),
        "due": day(case.due_on, case.language),
        "link": sending.follow_link(case),
    }


def _shown(value: Any, language: str) -> str:
    return day(value, language) if isinstance(value, date) else str(value)


def _name_of(case: Case) -> str:
    if case.person and (name := ports.people().name(case.person)):
        return name
    account = Account.objects.filter(pk=case.account_id).first() if case.account_id else None
    return account.name if account else ""


def _lists(common: Mapping[str, str], done: list[str], kept: list[Kept], language: str) -> list[str]:
    result = []
    if done:
        result.append("\n".join([common["done"], *(f"- {one}" for one in done)]))
    if kept:
        result.append("\n".join([common["kept"], *(f"- {_kept(common, one, language)}" for one in kept)]))
    return result


def _kept(common: Mapping[str, str], one: Kept, language: str) -> str:
    what, why, until = (str(part) for part in one)
    with suppress(ValueError):
        until = day(date.fromisoformat(until), language)
    return common["kept_line" if until else "kept_line_open"].format(what=what, why=why, until=until)


def _remedies(language: str) -> str:
    found = texts.authority(language)
    return texts.wording(language)["common"]["remedies"].format(
        authority=found.name, address=found.address, telephone=found.telephone, url=found.url
    )


def write(case: Case, kind: LetterKind, **facts: Any) -> Letter:
    """Compose, keep, and have it sent in whichever way the person can be reached."""
    text = compose(case, kind, **facts)
    letter = Letter.objects.create(
        organisation_id=case.organisation_id, case=case, kind=kind, language=case.language, subject=text.subject,
        body=text.body, sha256=hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest(),
        way=sending.way(case),
    )  # fmt: skip
    note(case, Happened.LETTER, kind=kind, letter=letter.pk, way=letter.way)
    if letter.way == Way.EMAIL:
        sending.enqueue(letter)
    return letter
