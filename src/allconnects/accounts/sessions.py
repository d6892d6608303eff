"""Sessions in the database that know whose they are."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from allconnects.accounts.models import Session


class SessionStore(DatabaseStore):
    """Django's database store with the account beside the data."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table of the sessions."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to write for this session; without a sign-in it belongs to nobody."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        account = data.get(SESSION_KEY)
        row.account_id = int(account) if account is not None else None
        return row


def end_all(account: int) -> int:
    """End every session of an account. Returns how many there were."""
    return Session.objects.filter(account_id=account).delete()[0]
