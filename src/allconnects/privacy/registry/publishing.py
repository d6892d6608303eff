"""Publishing: the draft becomes a version that people are told of before it holds.

Sources: GDPR art. 5(1)(a), 12, 13(3), 35 and WP260; Belgian guidance on tracked workers: consulted before, and told. A
material change waits for its notice period and for the delivery log; less processing holds at once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources

from django.db import connection
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from allconnects.accounts.actor import current
from allconnects.accounts.models import Membership
from allconnects.kit import clock, config, jobs
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy import documents
from allconnects.privacy.audit import service as audit
from allconnects.privacy.registry import editing, rules
from allconnects.privacy.registry.models import Notice, Receipt
from allconnects.privacy.registry.values import LANGUAGES, All, as_shipped, book_of


@cache
def notice_days() -> int:
    """How long before it holds a material change is told; dated data."""
    found = tomllib.loads(resources.files(__package__).joinpath("periods.toml").read_text("utf-8"))
    return int(found["notice"]["days"])


def newest(organisation: int) -> Notice | None:
    """The version that was published last, whether it holds already."""
    return Notice.objects.filter(organisation_id=organisation).order_by("-number").first()


def holding(organisation: int, at: datetime | None = None) -> Notice | None:
    """The version that holds at a moment; None: as shipped.

    A material one holds from its day on, and only when each member was told long enough before it.
    """
    moment = at or clock.now()
    today = localtime(moment).date()
    rows = Notice.objects.filter(organisation_id=organisation, effective_on__lte=today).order_by("-number")
    return next((one for one in rows if not one.material or _told(one, moment)), None)


def _told(notice: Notice, moment: datetime) -> bool:
    before = moment - timedelta(days=notice_days() - 1)
    return not notice.receipts.filter(sent_at=None, problem="").exists() and not notice.receipts.filter(
        sent_at__gt=before
    ).exists()  # fmt: skip


def published(organisation: int, at: datetime | None = None) -> All:
    """The registry that holds at a moment."""
    found = holding(organisation, at)
    return found.values if found else as_shipped()


def plan(organisation: int) -> tuple[list[str], list[str]]:
    """Facts that publishing the draft would bring and take, against what was published last."""
    last = newest(organisation)
    return rules.changes(last.values if last else as_shipped(), editing.draft(organisation))


def publish(
    organisation: int, effective_on: date, *, dpia: str = "", consulted_on: date | None = None, told_others: str = ""
) -> Notice:
    """Publish the draft. Raises InvalidInput with the first thing that is missing.

    ``dpia``: reference of the impact assessment; ``consulted_on``: when workers or their representatives were heard;
    both needed when a purpose is switched on. ``told_others``: how people without an account are told.
    """
    editing.lock(organisation)
    draft, last = editing.draft(organisation), newest(organisation)
    before = last.values if last else as_shipped()
    material = bool(rules.changes(before, draft)[0])
    _check(before, draft, effective_on, material, dpia.strip(), consulted_on, told_others.strip())
    texts = texts_of(draft)
    made = Notice.objects.create(
        organisation_id=organisation, number=(last.number if last else 0) + 1, values=draft, texts=texts,
        digest=digest_of(texts), material=material, effective_on=effective_on, dpia=dpia.strip(),
        consulted_on=consulted_on, told_others=told_others.strip(), actor=current().name,
    )  # fmt: skip
    with connection.cursor() as cursor:
        details = {"number": made.number, "material": material, "sha256": made.digest}
        audit.record(cursor, organisation, current().name, "registry.published", f"notice:{made.pk}", details)
    if material:
        _tell(made)
    return made


def _check(
    before: All, draft: All, effective_on: date, material: bool, dpia: str, consulted_on: date | None, told_others: str
) -> None:
    today = localtime(clock.now()).date()
    for kind, entries in draft.items():
        for key, values in entries.items():
            if problem := rules.fault(kind, key, values):
                raise InvalidInput(problem)
    if effective_on < today:
        raise InvalidInput(_("A notice cannot hold from a day that has passed."))
    if not material:
        return
    if not config.current().email_url:
        raise InvalidInput(_("People have to be told by mail first, and this server sends no mail."))
    if effective_on < today + timedelta(days=notice_days()):
        text = _("People are told %(days)s days before a material change: choose a day from %(day)s on.")
        first = today + timedelta(days=notice_days())
        raise InvalidInput(text % {"days": notice_days(), "day": first.strftime("%d/%m/%Y")})
    if not told_others:
        raise InvalidInput(_("Say how people without an account are told."))
    if rules.new_purposes(before, draft) and not (dpia and consulted_on and consulted_on <= today):
        raise InvalidInput(
            _("A new purpose needs the reference of its impact assessment and the day on which workers were consulted.")
        )


def texts_of(draft: All) -> dict[str, str]:
    """The notice of the whole platform by language, made from the inventory and this registry."""
    texts = {}
    for language in LANGUAGES:
        with override(language):
            texts[language] = documents.whole(language, book_of(draft))
    return texts


def digest_of(texts: dict[str, str]) -> str:
    """SHA-256 of a notice in all its languages."""
    return hashlib.sha256(json.dumps(texts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _tell(made: Notice) -> None:
    members = Membership.objects.filter(organisation_id=made.organisation_id, account__is_active=True)
    Receipt.objects.bulk_create(
        Receipt(organisation_id=made.organisation_id, notice=made, account_id=account)
        for account in members.values_list("account_id", flat=True)
    )
    jobs.defer("registry.tell", organisation=made.organisation_id, notice=made.pk)


def notice_of(organisation: int, number: int) -> Notice:
    """A published version. Raises NotFound."""
    found = Notice.objects.filter(organisation_id=organisation, number=number).first()
    if found is None:
        raise NotFound(_("There is no such notice."))
    return found


def see(organisation: int, number: int, account: int) -> None:
    """The person says that he read it. Raises NotFound."""
    rows = Receipt.objects.filter(notice=notice_of(organisation, number), account_id=account, seen_at=None)
    rows.update(seen_at=clock.now())
