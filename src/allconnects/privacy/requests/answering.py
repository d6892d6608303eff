"""Answers, more time, and fees or refusals by two people.

Sources: GDPR art. 12(3) to 12(5), 15(3), 19.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.models import Account
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.requests import deadlines, letters, texts, working
from allconnects.privacy.requests.history import note
from allconnects.privacy.requests.models import (
    OPEN,
    Case,
    Decision,
    Ground,
    Happened,
    Kind,
    LetterKind,
    Right,
    State,
)

SHORTEST_REASON = 20
PACKED = ("ready", "opened", "gone")
FOR_FEES = (Ground.UNFOUNDED, Ground.EXCESSIVE)


class NotYetDone(InvalidInput):
    """What was asked for is not finished, so it cannot be called answered."""

    code = "not_yet_done"
    status = 409


def lock(case: Case) -> Case:
    """The case as it stands, so that two who press at once come one after the other."""
    return Case.objects.select_for_update().get(pk=case.pk)


def extend(case: Case, reason: str) -> None:
    """Take two further months, once, inside of the first, and tell the person why (GDPR art. 12(3)).

    Raises InvalidInput after the first month, a second time, on a closed case, or without a reason.
    """
    case = lock(case)
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    if case.extended_at is not None:
        raise InvalidInput(_("It has been extended already; the law allows it once."))
    if not deadlines.may_extend(case.received_on, clock.today()):
        raise InvalidInput(_("The first month is over: it cannot be extended any more."))
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInput(_("Say why this request is complex, in words that the person understands."))
    case.extended_at, case.extension_reason = clock.now(), reason.strip()
    case.due_on = deadlines.due(case.received_on, extended=True)
    case.save(update_fields=["extended_at", "extension_reason", "due_on"])
    note(case, Happened.EXTENDED, due=case.due_on.isoformat())
    letters.write(case, LetterKind.EXTENSION, reason=case.extension_reason)


def answer(case: Case, text: str, *, done: Iterable[str] = (), kept: Iterable[letters.Kept] = ()) -> None:
    """Answer and close. Raises NotYetDone while an erasure is not complete or a package not ready."""
    case = lock(case)
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    if not case.right:
        raise InvalidInput(_("First say which right is asked for."))
    if not case.identity and case.right != Right.INFORMATION:
        raise InvalidInput(_("First check who asks."))
    if len(text.strip()) < SHORTEST_REASON:
        raise InvalidInput(_("Write the answer, in words that the person understands."))
    stays = [*kept, *_work_is_done(case)]
    if Decision.objects.filter(case=case, decided_at=None).exists():
        raise InvalidInput(_("A second person has to decide on a proposal first."))
    if case.corrections.filter(decided_at=None).exists():
        raise InvalidInput(_("Decide on each correction first."))
    what = [one for one in done if one.strip()]
    letters.write(case, LetterKind.ANSWER, text=text.strip(), done=what, kept=stays)
    case.result = {"done": what, "kept": [list(one) for one in stays]}
    _close(case, State.ANSWERED)
    note(case, Happened.ANSWERED, kept=len(stays))


def _work_is_done(case: Case) -> list[letters.Kept]:
    """What stays after an erasure. Never calls finished what is not."""
    if case.right == Right.ERASURE:
        found = working.progress(case)
        if found is None:
            raise NotYetDone(_("Nothing has been erased yet: begin it, or refuse with a second person."))
        if found.state != "complete":
            raise NotYetDone(_("Erasing is not complete. The person may be told that it is partly done, not more."))
        return [(str(what), str(why), str(until or "")) for what, why, until in found.kept]
    if case.right in working.PACKS and case.work is not None and working.package_state(case) not in PACKED:
        raise NotYetDone(_("The package is not ready yet."))
    return []


def _close(case: Case, state: State) -> None:
    case.state, case.closed_at = state, clock.now()
    case.save(update_fields=["state", "closed_at", "result"])


def withdraw(case: Case) -> None:
    """The person does not want it any more."""
    case = lock(case)
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    if case.right == Right.ERASURE and case.work is not None:
        raise InvalidInput(_("Erasing has begun and cannot be taken back."))
    if case.restricted_at is not None:
        with translation.override(case.language):
            working.lift_at_once(case, _("You withdrew your request."))
    _close(case, State.WITHDRAWN)
    note(case, Happened.WITHDRAWN)


def costs(lines: Iterable[tuple[str, str]]) -> list[list[str]]:
    """A cost sheet as it is kept: what, and euros. Raises InvalidInput for a line without a sum above zero."""
    result = []
    for what, euros in lines:
        if not what.strip() and not euros.strip():
            continue
        try:
            amount = Decimal(euros.replace(",", ".")).quantize(Decimal("0.01"))
        except InvalidOperation:
            raise InvalidInput(_("Every line of the cost sheet needs a sum in euros.")) from None
        if not what.strip() or not Decimal(0) < amount < Decimal(10_000):
            raise InvalidInput(_("Every line of the cost sheet says what it is for, and costs something."))
        result.append([what.strip(), f"{amount}"])
    return result


def propose(
    case: Case, kind: str, ground: str, evidence: str, by: Account, lines: Iterable[tuple[str, str]] = ()
) -> Decision:
    """Propose a fee or a refusal to a second person. Raises InvalidInput without ground, evidence or cost sheet."""
    case = lock(case)
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    if kind not in Kind.values or ground not in Ground.values:
        raise InvalidInput(_("A fee or a refusal needs one of the grounds of the law."))
    if len(evidence.strip()) < SHORTEST_REASON:
        raise InvalidInput(_("Write down the evidence: the burden of proof is yours, and the person reads it."))
    sheet = costs(lines) if kind == Kind.FEE else []
    if kind == Kind.FEE:
        _may_charge(case, ground, sheet)
    amount = sum((Decimal(euros) for _what, euros in sheet), Decimal(0)) if sheet else None
    try:
        with transaction.atomic():
            made = Decision.objects.create(
                organisation_id=case.organisation_id, case=case, kind=kind, ground=ground, evidence=evidence.strip(),
                costs=sheet, amount=amount, proposed_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise InvalidInput(_("There is a proposal already.")) from None
    note(case, Happened.PROPOSED, kind=kind, ground=ground)
    return made


def _may_charge(case: Case, ground: str, sheet: list[list[str]]) -> None:
    if ground not in FOR_FEES:
        raise InvalidInput(_("A fee is possible only where a request is manifestly unfounded or excessive."))
    if not sheet:
        raise InvalidInput(_("A fee needs a cost sheet."))
    if case.right in working.PACKS and ground == Ground.EXCESSIVE and not _asked_before(case):
        raise InvalidInput(_("The first copy is always free."))


def _asked_before(case: Case) -> bool:
    before = Case.objects.filter(right__in=list(working.PACKS), state=State.ANSWERED).exclude(pk=case.pk)
    if case.person is not None:
        return before.filter(person=case.person).exists()
    return case.account_id is not None and before.filter(account_id=case.account_id).exists()


def decide(decision: Decision, approve: bool, by: Account) -> None:
    """The second person decides. Raises InvalidInput for whoever proposed it, or when it is decided already."""
    case = lock(decision.case)
    decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if decision.decided_at is not None:
        raise InvalidInput(_("This was decided already."))
    if decision.proposed_by_id in (None, by.pk):
        raise InvalidInput(_("Somebody else than who proposed it must decide."))
    if case.state not in OPEN:
        raise InvalidInput(_("This case is closed."))
    decision.decided_by, decision.decided_at, decision.approved = by, clock.now(), approve
    decision.save(update_fields=["decided_by", "decided_at", "approved"])
    note(case, Happened.APPROVED if approve else Happened.REJECTED, kind=decision.kind)
    if approve:
        _carry_out(case, decision)


def _carry_out(case: Case, decision: Decision) -> None:
    ground = texts.wording(case.language)["grounds"][decision.ground]
    if decision.kind == Kind.FEE:
        sheet = "\n".join(f"- {what}: {euros}" for what, euros in decision.costs)
        letters.write(
            case, LetterKind.FEE, amount=decision.amount, ground=ground, evidence=decision.evidence, costs=sheet
        )
        note(case, Happened.FEE, amount=str(decision.amount))
        return
    letters.write(case, LetterKind.REFUSAL, ground=ground, evidence=decision.evidence)
    case.result = {"refused": decision.ground}
    _close(case, State.REFUSED)
    note(case, Happened.REFUSED, ground=decision.ground)
