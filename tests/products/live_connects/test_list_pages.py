"""Pages of long lists: nothing is missing and nothing twice on the way through, and what is searched is found."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.test import Client

from allconnects.accounts.models import Organisation

LISTS = {"/devices/": r'/devices/\d+/">(T\d+)<', "/reports/logbook/": r'/logbook/\d+/[^>]*>(Van \d+)<',
         "/reports/payroll/": r"/payroll/[^>]*>(Ann Example-\d+)<",
         "/organisation/": r'<td data-label="E-mail address">([^<]+)</td>'}  # fmt: skip


@pytest.fixture
def client(
    organisation: Organisation, client_of: Callable[..., Client], owner_connection: psycopg.Connection[Any]
) -> Iterator[Client]:
    from allconnects.bench.pages import seed

    seed(owner_connection, organisation.pk, vehicles=101, people=101, materials=1, places=1, alerts=1)
    owner, mark = client_of("owner"), secrets.token_hex(4)
    owner_connection.execute(
        "WITH made AS (INSERT INTO accounts_account (email, name, language, theme, password, is_active, created_at) "
        "SELECT 'm' || n || '.' || %s || '@example.org', 'Zoë Member-' || n, '', 'auto', '!', true, now() "
        "FROM generate_series(1, 100) n RETURNING id) INSERT INTO accounts_membership "
        "(organisation_id, account_id, role, created_at) SELECT %s, id, 'driver', now() FROM made",
        (mark, organisation.pk),
    )
    yield owner
    owner_connection.execute(
        "WITH gone AS (DELETE FROM accounts_membership m USING accounts_account a WHERE a.id = m.account_id "
        "AND a.email LIKE %s RETURNING a.id) SELECT count(*) FROM gone",
        (f"m%.{mark}@example.org",),
    )
    owner_connection.execute("DELETE FROM accounts_account WHERE email LIKE %s", (f"m%.{mark}@example.org",))


@pytest.mark.parametrize("path", LISTS)
def test_the_way_through_a_list_meets_everything_once(client: Client, path: str) -> None:
    url, found, sizes = path, [], []
    while url:
        page = client.get(url).content.decode()
        names = re.findall(LISTS[path], page)
        found += names
        sizes.append(len(names))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = path + html.unescape(following[1]) if following else ""
        assert ('rel="first"' in page) == (len(sizes) > 1)
    assert sizes == [50, 50, 1]
    assert len(set(found)) == 101


@pytest.mark.parametrize(
    ("path", "text"),
    [("/devices/", "t"), ("/reports/logbook/", "van"), ("/reports/payroll/", "ANN"), ("/organisation/", "zoe")],
)
def test_a_search_goes_on_over_pages(client: Client, path: str, text: str) -> None:
    page = client.get(f"{path}?q={text}").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert f"q={text}" in following[1]
    assert len(re.findall(LISTS[path], client.get(path + html.unescape(following[1])).content.decode())) == 50
    nothing = client.get(f"{path}?q=zzz").content.decode()
    assert "Nothing matches." in nothing
    assert re.findall(LISTS[path], nothing) == []


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_is_none_is_refused_and_breaks_nothing(client: Client, path: str) -> None:
    assert client.get(f"{path}?cursor=x%00").status_code == 422
    assert client.get(f"{path}?q=%00&cursor=").status_code == 200


def test_months_are_found_by_whether_they_are_approved(
    client: Client, organisation: Organisation, owner_connection: psycopg.Connection[Any]
) -> None:
    row = owner_connection.execute(
        "INSERT INTO reports_payrollmonth (organisation_id, person_id, month, figures, digest, approved_by_id, "
        "approved_at) SELECT %s, p.id, '2026-10-01', '{}', 'x', m.account_id, now() FROM fleet_person p, "
        "accounts_membership m WHERE p.organisation_id = %s AND p.number = '7' AND m.organisation_id = %s "
        "AND m.role = 'owner' RETURNING 1",
        (organisation.pk,) * 3,
    ).fetchone()
    assert row == (1,)
    ask = lambda state: client.get(f"/reports/payroll/?month=2026-10&state={state}").content.decode()  # noqa: E731
    approved, still_open = ask("approved"), ask("open")
    assert re.findall(LISTS["/reports/payroll/"], approved) == ["Ann Example-7"]
    assert "1 of 101 approved" in approved
    assert "Ann Example-7<" not in still_open
    assert "state=open" in still_open.split('rel="next"')[1][:200], "the next page has the same"
