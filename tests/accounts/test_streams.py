"""A stream ends with the right to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import psycopg
import pytest
from django.test import RequestFactory

from allconnects.accounts import sessions, streams
from allconnects.accounts.models import Account, Organisation, Session


@pytest.mark.parametrize("ends", ["session", "membership", "role", "nothing"])
def test_a_stream_ends_with_session_and_membership(
    ends: str,
    organisation: Organisation,
    account_of: Callable[..., Account],
    owner_connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "CHECK_EVERY_S", 0.0)
    account = account_of("viewer")
    request: Any = RequestFactory().get("/map/stream")
    request.user, request.organisation = account, organisation
    request.session = sessions.SessionStore()
    request.session["_auth_user_id"] = str(account.pk)
    request.session.save()

    def end() -> None:
        where = "organisation_id = %s AND account_id = %s"
        if ends == "session":
            owner_connection.execute("DELETE FROM accounts_session WHERE account_id = %s", (account.pk,))
        elif ends == "membership":
            owner_connection.execute(f"DELETE FROM accounts_membership WHERE {where}", (organisation.pk, account.pk))
        elif ends == "role":
            owner_connection.execute(
                f"UPDATE accounts_membership SET role = 'driver' WHERE {where}", (organisation.pk, account.pk)
            )

    closed = []

    async def source() -> AsyncGenerator[bytes, None]:
        try:
            yield b"1"
            end()
            yield b"2"
        finally:
            closed.append(True)

    async def read() -> list[bytes]:
        return [piece async for piece in streams.while_allowed(request, source())]

    assert asyncio.run(read()) == ([b"1", b"2"] if ends == "nothing" else [b"1"])
    assert closed == [True]
    Session.objects.filter(account=account).delete()
