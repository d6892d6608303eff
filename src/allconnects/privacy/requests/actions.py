"""What the case page can do, by the name that its buttons send; each returns one line that says what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import answering, identity, rectifying, routing, sending, working
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import Case, Correction, Decision, Happened, Letter

Given = QueryDict
Action = Callable[[Case, Given, Account], str]
_actions: dict[str, Action] = {}


def act(case: Case, given: Given, by: Account) -> str:
    """Do what ``given["action"]`` names. Raises InvalidInput for an unknown one, and what the action raises."""
    found = _actions.get(given.get("action", ""))
    if found is None:
        raise InvalidInput(_("This cannot be done here."))
    return found(answering.lock(case), given, by)


def _action(function: Action) -> Action:
    _actions[function.__name__] = function
    return function


def _text(given: Given, name: str) -> str:
    return given.get(name, "").replace("\x00", "").strip()[:8000]


def _lines(given: Given, name: str) -> list[str]:
    return [line.strip("- \t") for line in _text(given, name).splitlines() if line.strip("- \t")]


def _number(given: Given, name: str) -> int:
    text = given.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@_action
def sort(case: Case, given: Given, by: Account) -> str:
    working.sort(case, given.get("right", ""))
    return _("The right is named.")


@_action
def link(case: Case, given: Given, by: Account) -> str:
    try:
        person = UUID(given.get("person", ""))
    except ValueError:
        raise InvalidInput(_("Choose a person or a member.")) from None
    identity.link(case, person=person)
    return _("The request is connected to this person.")


@_action
def code(case: Case, given: Given, by: Account) -> str:
    identity.send_code(case)
    return _("A code is on its way to the address that was known.")


@_action
def identify(case: Case, given: Given, by: Account) -> str:
    identity.confirm(case, given.get("how", ""), by)
    return _("It is written down how the identity was checked.")


@_action
def refer(case: Case, given: Given, by: Account) -> str:
    routing.refer(case, _number(given, "organisation"))
    return _("The request is passed on to the employer, and the person is told.")


@_action
def begin(case: Case, given: Given, by: Account) -> str:
    if given.get("sure") != "yes":
        raise InvalidInput(_("Tick that you are sure: what is erased does not come back."))
    working.begin_erasing(case, by)
    return _("Erasing has begun.")


@_action
def stop(case: Case, given: Given, by: Account) -> str:
    if not working.stop_use(case):
        raise InvalidInput(_("This cannot be done by the program yet. Do it by hand and note it."))
    return _("The use of these data is stopped.")


@_action
def pack(case: Case, given: Given, by: Account) -> str:
    if case.right not in working.PACKS or not working.pack(case):
        raise InvalidInput(_("This cannot be done by the program yet. Do it by hand and note it."))
    return _("The data are being packed.")


@_action
def lift(case: Case, given: Given, by: Account) -> str:
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        day = None
    working.announce_lift(case, _text(given, "reason"), day)
    return _("The person is told. The data may be used again from that day on.")


@_action
def extend(case: Case, given: Given, by: Account) -> str:
    answering.extend(case, _text(given, "reason"))
    return _("Extended; the person is told why.")


@_action
def propose(case: Case, given: Given, by: Account) -> str:
    sheet = zip(given.getlist("what"), given.getlist("euros"), strict=False)
    answering.propose(case, given.get("kind", ""), given.get("ground", ""), _text(given, "evidence"), by, sheet)
    return _("Proposed. Somebody else who answers requests has to decide.")


@_action
def decide(case: Case, given: Given, by: Account) -> str:
    found = Decision.objects.select_related("case").filter(case=case, pk=_number(given, "decision")).first()
    if found is None:
        raise InvalidInput(_("There is no such proposal."))
    answering.decide(found, given.get("approve") == "yes", by)
    return _("Decided.")


@_action
def correct(case: Case, given: Given, by: Account) -> str:
    found = Correction.objects.filter(case=case, pk=_number(given, "correction")).first()
    if found is None:
        raise InvalidInput(_("There is no such correction."))
    rectifying.decide(found, given.get("accept") == "yes", _text(given, "reason"), by)
    return _("Decided. Both values are kept.")


@_action
def answer(case: Case, given: Given, by: Account) -> str:
    answering.answer(case, _text(given, "text"), done=_lines(given, "done"), kept=_kept(given))
    return _("Answered.")


def _kept(given: Given) -> list[tuple[str, str, str]]:
    rows = zip(given.getlist("kept"), given.getlist("why"), given.getlist("until"), strict=False)
    return [(what.strip()[:200], why.strip()[:400], until.strip()[:40]) for what, why, until in rows if what.strip()]


@_action
def again(case: Case, given: Given, by: Account) -> str:
    found = Letter.objects.filter(case=case, pk=_number(given, "letter")).first()
    if found is None:
        raise InvalidInput(_("There is no such letter."))
    sending.send_again(found)
    return _("It is being sent once more.")


@_action
def sent(case: Case, given: Given, by: Account) -> str:
    found = Letter.objects.select_related("case").filter(case=case, pk=_number(given, "letter")).first()
    if found is None:
        raise InvalidInput(_("There is no such letter."))
    sending.handed_over(found)
    return _("Noted that the letter was handed over.")


@_action
def remark(case: Case, given: Given, by: Account) -> str:
    text = _text(given, "text")
    if not text:
        raise InvalidInput(_("Write something."))
    case.words = f"{case.words}\n\n[{case.reference}] {text}"[:20_000]
    case.save(update_fields=["words"])
    note(case, Happened.NOTE, characters=len(text))
    return _("Noted.")
