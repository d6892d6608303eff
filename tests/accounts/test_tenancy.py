"""A transaction sees the organisation that it speaks for, and an unspoken one sees an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from allconnects.accounts.middleware import Tenancy
from allconnects.accounts.models import Account, Membership, Organisation
from allconnects.accounts.tenancy import aspeak_for, speak_for, speaking_for
from allconnects.kit import db
from allconnects.kit.errors import InvalidInput, NotFound


def test_rows_of_others_do_not_exist(
    organisation: Organisation, other_organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    mine, theirs = account_of("viewer"), account_of("viewer", other_organisation)
    with speaking_for(organisation.pk):
        assert [m.account_id for m in Membership.objects.all()] == [mine.pk]
        assert Membership.objects.filter(account=theirs).update(role="owner") == 0
        assert list(Organisation.objects.all()) == [organisation]


def test_a_row_cannot_be_written_for_others(
    organisation: Organisation, other_organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    account = account_of(None)
    with pytest.raises(ProgrammingError, match="row-level security"), speaking_for(organisation.pk):
        Membership.objects.create(organisation=other_organisation, account=account, role="owner")


def test_speaking_for_nobody_is_an_error() -> None:
    with pytest.raises((DataError, ProgrammingError)):
        Membership.objects.count()
    with pytest.raises(DataError), speaking_for(None):
        Membership.objects.count()


def test_the_setting_ends_with_the_transaction(organisation: Organisation) -> None:
    with speaking_for(organisation.pk):
        assert Organisation.objects.count() == 1
    with pytest.raises((DataError, ProgrammingError)):
        Organisation.objects.count()


def test_the_web_role_owns_nothing_and_cannot_become_owner() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("allconnects_web",)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute("DROP POLICY tenant ON accounts_membership")


def test_psycopg_speaks_the_same_way(organisation: Organisation) -> None:
    with db.connect("web") as raw:
        speak_for(raw, organisation.pk)
        assert raw.execute("SELECT id FROM accounts_organisation").fetchall() == [(organisation.pk,)]


def test_asynchronous_psycopg_speaks_the_same_way(organisation: Organisation) -> None:
    import asyncio

    async def ask() -> list[Any]:
        async with await psycopg.AsyncConnection.connect(db.conninfo("web")) as raw:
            await aspeak_for(raw, organisation.pk)
            return await (await raw.execute("SELECT id FROM accounts_organisation")).fetchall()

    assert asyncio.run(ask()) == [(organisation.pk,)]


def tenancy(role: str, organisation: Organisation, account: Account) -> tuple[Tenancy, Any]:
    request: Any = RequestFactory().post("/")
    request.user, request.organisation, request.role, request.token_scopes = account, organisation, role, None
    request.support = None
    return Tenancy(lambda _: HttpResponse()), request


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_that_refuses_leaves_nothing_half_written(
    status: int, organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    account = account_of("owner")
    middleware, request = tenancy("owner", organisation, account)

    def view(request: HttpRequest) -> HttpResponse:
        Account.objects.filter(pk=account.pk).update(name="changed")
        return HttpResponse(status=status)

    middleware.process_view(request, view, (), {})
    account.refresh_from_db()
    assert (account.name == "changed") == (status == 200)


def test_an_expected_error_becomes_a_page_and_undoes_its_work(
    organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    from django.http import Http404

    account = account_of("owner")
    middleware, request = tenancy("owner", organisation, account)
    request.organisations = []

    def fails(request: HttpRequest) -> HttpResponse:
        Account.objects.filter(pk=account.pk).update(name="changed")
        raise InvalidInput("that is not a number")

    def lacks(request: HttpRequest) -> HttpResponse:
        raise NotFound("none")

    response = middleware.process_view(request, fails, (), {})
    assert response is not None
    assert (response.status_code, b"that is not a number" in response.content) == (422, True)  # type: ignore[attr-defined]
    account.refresh_from_db()
    assert account.name != "changed"
    with pytest.raises(Http404):
        middleware.process_view(request, lacks, (), {})


def test_an_asynchronous_view_must_say_that_it_holds_no_transaction(
    organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    middleware, request = tenancy("owner", organisation, account_of("owner"))

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with pytest.raises(ImproperlyConfigured):
        middleware.process_view(request, view, (), {})


def test_one_chooses_among_ones_own_organisations(
    organisation: Organisation,
    other_organisation: Organisation,
    make_organisation: Callable[..., Organisation],
    account_of: Callable[..., Account],
    owner_connection: psycopg.Connection[Any],
) -> None:
    account = account_of("driver")
    owner_connection.execute(
        "INSERT INTO accounts_membership (organisation_id, account_id, role, created_at) "
        "VALUES (%s, %s, 'owner', now())",
        (other_organisation.pk, account.pk),
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    for chosen in (other_organisation, organisation):
        response = client.post("/organisation/choose/", {"organisation": chosen.pk, "next": "/organisation/"})
        assert response.headers["Location"] == "/organisation/"
        assert client.get("/organisation/").context["organisation"] == chosen
    assert client.get("/organisation/tokens/").status_code == 403
    alien = make_organisation()
    assert client.post("/organisation/choose/", {"organisation": alien.pk}).status_code == 404
    assert client.get("/organisation/").context["organisation"] == organisation


def test_switching_never_leaves_the_site(client_of: Callable[..., Client], organisation: Organisation) -> None:
    client = client_of("viewer")
    for target in ("https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org"):
        data = {"organisation": organisation.pk, "next": target}
        assert client.post("/organisation/choose/", data).headers["Location"] == "/"
