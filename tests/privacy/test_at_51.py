"""AT-51: a new purpose needs ground, impact assessment and consultation; people are told; other reports stay locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from allconnects.accounts.models import Account, Organisation
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.registry import editing, public
from allconnects.privacy.registry.models import Kind, Receipt
from tests.privacy.letters import links, posting
from tests.privacy.registers import SAFETY, TEST, on, publish, switch, tell, today


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch, database: None) -> Iterator[list[Any]]:
    with posting(monkeypatch) as sent:
        yield sent


@pytest.mark.parametrize(
    "missing", [{"bases": []}, {"interest": " "}, {"necessity": ""}, {"balance": ""}, {"safeguards": []},
                {"bases": ["consent"]}, {"bases": ["because"]}]
)  # fmt: skip
def test_at_51_a_purpose_without_its_ground_is_not_switched_on(
    missing: dict[str, Any], organisation: Organisation
) -> None:
    with pytest.raises(InvalidInput):
        switch(organisation, **missing)
    with on(organisation) as pk:
        assert not editing.entry(pk, Kind.PURPOSE, SAFETY)["on"]


def test_at_51_what_is_switched_off_may_stay_unfinished(organisation: Organisation) -> None:
    switch(organisation, to=False, bases=[], interest="")


@pytest.mark.parametrize("missing", [{"dpia": " "}, {"consulted_on": None}, {"consulted_on": today(2)}])
def test_at_51_a_new_purpose_needs_assessment_and_consultation(
    missing: dict[str, Any], organisation: Organisation, mails: list[Any]
) -> None:
    switch(organisation)
    with pytest.raises(InvalidInput, match="impact assessment"):
        publish(organisation, 40, **missing)


def test_at_51_people_without_an_account_are_not_forgotten(organisation: Organisation, mails: list[Any]) -> None:
    switch(organisation)
    with pytest.raises(InvalidInput, match="without an account"):
        publish(organisation, 40, told_others=" ")


def test_at_51_people_are_told_with_a_receipt(
    organisation: Organisation, account_of: Callable[..., Account], mails: list[Any]
) -> None:
    driver = account_of("driver")
    switch(organisation)
    made = publish(organisation, 30)
    tell(made)
    (path,) = links(mails[0].body)
    client = Client(SERVER_NAME="localhost")
    client.force_login(driver)
    assert "is not a consent" in client.get(path, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert client.post(f"/privacy/registry/versions/{made.number}/seen/").status_code == 302
    with on(organisation):
        receipt = Receipt.objects.get(notice=made, account=driver)
    assert None not in (receipt.sent_at, receipt.seen_at)
    assert client.get(f"/privacy/registry/versions/{made.number}/told/").status_code == 403


def test_at_51_reports_outside_declared_purposes_stay_locked(
    organisation: Organisation, account_of: Callable[..., Account], client_of: Callable[..., Client], mails: list[Any]
) -> None:
    manager = client_of("manager")
    asked = {"purpose": "road_safety", "period": "last_week", "run": "1"}
    page = manager.get("/reports/run/speed/", asked, HTTP_ACCEPT_LANGUAGE="en")
    assert "has not declared this purpose" in page.content.decode()
    assert 'value="road_safety"' not in manager.get("/reports/run/speed/").content.decode()
    switch(organisation)
    made = publish(organisation, 30)
    tell(made)
    assert "has not declared" in manager.get("/reports/run/speed/", asked, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    with on(organisation, 31) as pk:
        from allconnects.reports.catalogue import report_of
        from allconnects.reports.running import Reader, ask_of, may_declare

        reader = Reader(pk, "manager", account_of("manager"))
        assert "road_safety" in {one.key for one in may_declare(report_of("speed"), reader)}
        given = {"purpose": "road_safety", "first": today(-7), "last": today(-1)}
        assert ask_of(report_of("speed"), reader, given).purpose.key == "road_safety"


def test_at_51_purposes_that_the_program_does_not_have_cannot_be_made_up(organisation: Organisation) -> None:
    with on(organisation) as pk, pytest.raises(NotFound):
        editing.save(pk, Kind.PURPOSE, "own-watching", {**TEST, "on": True, "bases": ["legitimate_interest"]})


def test_at_51_owners_edit_on_the_pages(organisation: Organisation, client_of: Callable[..., Client]) -> None:
    owner = client_of("owner")
    path = "/privacy/registry/recipient/new/"
    given = {"title_nl": "Loonbureau", "kind": "processor", "country": "BE"}
    page = owner.post(path, given, HTTP_ACCEPT_LANGUAGE="en")
    assert page.status_code == 422
    assert "art. 28" in page.content.decode()
    assert owner.post(path, {**given, "contract": "C-1"}).status_code == 302
    listed = owner.get("/privacy/registry/").content.decode()
    assert "Loonbureau" in listed
    (key,) = [one for one in _draft(organisation)[Kind.RECIPIENT] if one.startswith("own-")]
    assert owner.get(f"/privacy/registry/recipient/{key}/").status_code == 200
    for name in ("notice", "controller", "processor", "dpia", "retention"):
        for language in ("nl", "fr", "en", "de"):
            text = owner.get(f"/privacy/registry/preview/{name}/{language}/").content.decode()
            assert ("Loonbureau" in text) == (name in ("notice", "controller", "processor"))
    assert owner.post(f"/privacy/registry/recipient/{key}/put-back/").status_code == 302
    assert key not in _draft(organisation)[Kind.RECIPIENT]
    with on(organisation) as pk:
        assert [bool(one.values) for one in editing.history(pk, Kind.RECIPIENT, key)] == [False, True]


def _draft(organisation: Organisation) -> Any:
    with on(organisation) as pk:
        return editing.draft(pk)


def test_at_51_another_tenant_sees_nothing_of_it(
    organisation: Organisation, other_organisation: Organisation, client_of: Callable[..., Client], mails: list[Any]
) -> None:
    switch(organisation)
    publish(organisation, 30)
    other = client_of("owner", other_organisation)
    assert other.get("/privacy/registry/versions/1/told/").status_code == 404
    assert _draft(other_organisation)[Kind.PURPOSE][SAFETY]["on"] is False
    assert public.read(public.token(organisation.pk)) == organisation.pk
