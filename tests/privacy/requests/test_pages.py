"""What pages show to whom: one's own cases, the queue to those who answer, the package once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from allconnects.accounts.models import Account
from allconnects.privacy.requests import naming, upkeep, views_mine
from allconnects.privacy.requests.models import Event, Letter
from tests.privacy.requests.office import Office


def client(account: Account) -> Client:
    made = Client(SERVER_NAME="localhost")
    made.force_login(account)
    return made


def test_a_package_is_fetched_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    case = office.ask("access")
    mine = client(office.driver)
    page = f"/privacy/requests/{case.pk}/"
    assert b"package/" in mine.get(page).content
    assert client(office.second).get(page + "package/").status_code in (302, 404)
    assert "reauthenticate" in mine.post(page + "package/").headers["Location"]
    monkeypatch.setattr(views_mine, "raise_if_reauthentication_required", lambda request, app: None)
    fetched = mine.post(page + "package/")
    assert fetched.content == b"PK"
    assert mine.post(page + "package/").status_code == 302
    assert b"package/" not in mine.get(page).content
    assert Event.objects.filter(case=case, what="delivered").count() == 1


def test_nobody_sees_anothers_case(office: Office, account_of: Callable[..., Account]) -> None:
    case = office.ask("information")
    letter = Letter.objects.get(case=case)
    colleague = client(account_of("driver"))
    for page in ("", "package/", f"{letter.pk}.pdf"):
        assert colleague.get(f"/privacy/requests/{case.pk}/{page}").status_code in (302, 404)
    assert case.reference.encode() not in colleague.get("/privacy/requests/").content


def test_a_named_officer_answers_and_sees_nothing_else(office: Office, account_of: Callable[..., Account]) -> None:
    officer = account_of("viewer")
    case = office.ask("information")
    page = f"/privacy/requests/queue/{case.pk}/"
    assert client(officer).get(page).status_code == 403
    naming.name_officer(office.organisation.pk, officer.pk, office.owner)
    assert client(officer).get(page).status_code == 200
    assert client(officer).get("/privacy/requests/queue/officers/").status_code == 403
    assert officer.pk in {one.pk for one in upkeep.officers(office.organisation.pk)}
    naming.remove_officer(office.organisation.pk, officer.pk, office.owner)
    assert client(officer).get(page).status_code == 403


def test_a_letter_is_a_pdf_in_its_language(office: Office) -> None:
    from io import BytesIO

    from pypdf import PdfReader

    case = office.ask("information", language="fr")
    letter = Letter.objects.get(case=case)
    answer = client(office.driver).get(f"/privacy/requests/{case.pk}/{letter.pk}.pdf")
    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert case.reference in text
    assert "1000 Bruxelles" in text


def test_the_queue_asks_the_database_as_often_for_many_cases(office: Office) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client(office.owner).get("/privacy/requests/queue/").status_code == 200
        return len(queries)

    office.ask("information")
    few = asked()
    for _each in range(5):
        office.ask("information")
    assert asked() == few
