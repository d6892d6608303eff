"""AT-40: a material change is told before it holds; until then its code path is dead, and old versions stay public."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test import Client

from allconnects.accounts.models import Account, Organisation
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.registry import editing, gates, public, publishing
from allconnects.privacy.registry.models import Kind, Notice
from tests.privacy.letters import posting
from tests.privacy.registers import SAFETY, on, publish, switch, tell, today


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, database: None) -> Iterator[list[Any]]:
    with posting(monkeypatch) as sent:
        yield sent


def is_on(organisation: Organisation, days: float, key: str = SAFETY) -> bool:
    with on(organisation, days) as pk:
        return key in gates.purposes_on(pk)


@pytest.mark.parametrize("days", [-1, 0, 1, 29])
def test_at_40_publishing_for_tomorrow_is_refused(days: int, organisation: Organisation, mails: list[Any]) -> None:
    switch(organisation)
    with pytest.raises(InvalidInput):
        publish(organisation, days)
    with on(organisation):
        assert not Notice.objects.exists()


def test_at_40_a_new_purpose_is_dead_until_its_day_and_until_all_were_told(
    organisation: Organisation, account_of: Callable[..., Account], mails: list[Any]
) -> None:
    people = [account_of("driver"), account_of("manager")]
    switch(organisation)
    assert not is_on(organisation, 0), "a draft switches nothing on"
    made = publish(organisation, 30)
    assert not is_on(organisation, 31), "nobody was told"
    tell(made)
    assert {one.to[0] for one in mails} == {one.email for one in people}
    assert not is_on(organisation, 0)
    assert not is_on(organisation, 28)
    assert is_on(organisation, 31)


def test_at_40_who_was_told_late_moves_the_day(
    organisation: Organisation, account_of: Callable[..., Account], mails: list[Any]
) -> None:
    account_of("driver")
    switch(organisation)
    made = publish(organisation, 30)
    tell(made, 20)
    assert not is_on(organisation, 31)
    assert not is_on(organisation, 48)
    assert is_on(organisation, 51)


def test_at_40_one_mail_that_did_not_leave_holds_it_up(
    organisation: Organisation, account_of: Callable[..., Account], mails: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.mail import EmailMessage

    account_of("driver")
    unlucky = account_of("driver")
    switch(organisation)
    made = publish(organisation, 30)
    send = EmailMessage.send

    def fail(self: EmailMessage, *args: Any, **named: Any) -> int:
        if self.to == [unlucky.email]:
            raise OSError
        return send(self, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", fail)
        tell(made)
    with on(organisation):
        assert made.receipts.filter(sent_at=None, attempts=1).count() == 1
    assert not is_on(organisation, 31)
    tell(made)
    assert is_on(organisation, 31)


def test_at_40_switching_off_holds_at_once(organisation: Organisation, mails: list[Any]) -> None:
    assert is_on(organisation, 0, "report.dispatch")
    with on(organisation) as pk:
        held = editing.entry(pk, Kind.PURPOSE, "report.dispatch")
        editing.save(pk, Kind.PURPOSE, "report.dispatch", {**held, "on": False})
    assert not is_on(organisation, 0, "report.dispatch")


def test_at_40_words_alone_are_no_material_change(organisation: Organisation, mails: list[Any]) -> None:
    with on(organisation) as pk:
        held = editing.entry(pk, Kind.PURPOSE, "fleet.dispatch")
        texts = {"title": {"nl": "Waar zijn de busjes"}}
        editing.save(pk, Kind.PURPOSE, "fleet.dispatch", {**held, "texts": texts})
    made = publish(organisation, 0, dpia="", consulted_on=None, told_others="")
    assert not made.material
    assert "Waar zijn de busjes" in made.texts["nl"]
    with on(organisation):
        assert publishing.holding(organisation.pk) == made


@pytest.mark.parametrize(
    ("kind", "key", "values"),
    [
        ("recipient", "own-payroll", {"kind": "processor", "country": "BE", "contract": "C-1", "signed_on": "",
                                      "ends_on": "", "texts": {"title": {"nl": "Loonbureau"}}}),
        ("storage", "backup", {"country": "CH", "operator": "", "transfer": "adequacy"}),
        ("obligation", "own-x", {"citation": "Law, art. 1", "data": "d", "days": 10, "texts": {"title": {"en": "X"}}}),
    ],
)  # fmt: skip
def test_at_40_a_new_recipient_place_or_duty_is_material(
    kind: str, key: str, values: dict[str, Any], organisation: Organisation, mails: list[Any]
) -> None:
    with on(organisation) as pk:
        editing.save(pk, kind, key, values)
    with pytest.raises(InvalidInput):
        publish(organisation, 1)
    assert publish(organisation, 30, dpia="", consulted_on=None).material


def test_at_40_a_server_without_mail_publishes_no_material_change(organisation: Organisation) -> None:
    switch(organisation)
    with pytest.raises(InvalidInput, match="mail"):
        publish(organisation, 40)


def test_at_40_old_versions_stay_public_as_they_were(
    organisation: Organisation, mails: list[Any], stranger: Client
) -> None:
    first = publish(organisation, 0)
    switch(organisation)
    second = publish(organisation, 30)
    token = public.token(organisation.pk)
    listed = stranger.get(f"/privacy/notices/{token}/").content.decode()
    for one in (first, second):
        path = f"/privacy/notices/{token}/{one.number}/"
        assert path in listed
        for language in ("nl", "fr", "en", "de"):
            page = stranger.get(path, {"language": language})
            assert page.status_code == 200
            assert f'lang="{language}"' in page.content.decode()
        assert publishing.digest_of(Notice(texts=one.texts).texts) == one.digest
        assert one.digest in stranger.get(path).content.decode()
    assert stranger.get(f"/privacy/notices/{token[:-2]}xx/").status_code == 404
    assert stranger.get(f"/privacy/notices/{token}/9/").status_code == 404
    with pytest.raises(ProgrammingError, match="permission denied"), on(organisation):
        Notice.objects.update(number=7)


def test_at_40_notices_of_two_versions_differ_in_what_changed(organisation: Organisation, mails: list[Any]) -> None:
    first = publish(organisation, 0)
    switch(organisation)
    with on(organisation) as pk:
        come, go = publishing.plan(pk)
    assert come == [f"basis {SAFETY} legitimate_interest", f"purpose {SAFETY}"]
    assert go == []
    second = publish(organisation, 30)
    assert "Road safety" not in first.texts["en"]
    assert "Road safety" in second.texts["en"]
    assert second.effective_on == today(30)
