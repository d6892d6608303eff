"""Streams that last for hours end when their reader's right to them does."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection

from allconnects.accounts.access import TenantRequest
from allconnects.accounts.models import Account, Session
from allconnects.kit import clock

CHECK_EVERY_S = 30.0


async def while_allowed(request: TenantRequest, source: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Pass a stream on until its session or membership has ended; noticed within a minute.

    A stream must speak now and then (heartbeats) for the check to get its turn.
    """
    assert isinstance(request.user, Account)
    key, account = request.session.session_key, request.user.pk
    organisation = request.organisation.pk if request.organisation else None
    checked = time.monotonic()
    async with aclosing(source):
        async for piece in source:
            if time.monotonic() - checked >= CHECK_EVERY_S:
                if not await sync_to_async(_still)(key, account, organisation):
                    return
                checked = time.monotonic()
            yield piece


def _still(key: str | None, account: int, organisation: int | None) -> bool:
    try:
        if not Session.objects.filter(session_key=key, account_id=account, account__is_active=True).exists():
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM accounts_organisations_of(%s) WHERE id = %s AND role <> 'driver' "
                "UNION ALL SELECT 1 FROM accounts_support_of(%s, %s) WHERE id = %s",
                [account, organisation, account, clock.now(), organisation],
            )
            return cursor.fetchone() is not None
    except DatabaseError:
        return True  # while the database is away nothing new is told either
    finally:
        connection.close()
