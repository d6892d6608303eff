"""Privacy labels of the ledger, the list of subscribers and what was sent to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from allconnects.kit.labels import NOT_PERSONAL, Label, Table, ages, register

T = TypeVar("T")

ACT = Label(
    "user.settings", "account", "subscriber", "pseudonymous", "rights.handle", "legal_obligation", "consent",
    "retain:consent", "provided",
)  # fmt: skip
"""What shows that somebody agreed (GDPR art. 7(1)); names him by number or keyed hash only."""
ACT_SUBJECT = replace(ACT, category="user.unique_id.pseudonymous")
ACT_NONCE = replace(
    ACT, category="user.authorization.credentials", export="excluded",
    excluded_because="a number that was used once, so that an old form cannot be sent again",
)  # fmt: skip
SUBSCRIBER = Label(
    "user.settings", "account", "subscriber", "indirect", "newsletter", "consent", "subscription", "delete_row",
    "provided",
)  # fmt: skip
ADDRESS = replace(SUBSCRIBER, category="user.contact.email", identifiability="direct")
HASH = replace(
    SUBSCRIBER, category="user.unique_id.pseudonymous", export="excluded",
    excluded_because="a keyed hash of the address, which is in the export itself",
)  # fmt: skip
WANTED = replace(SUBSCRIBER, schema="keys of purposes of consents.toml")
SENDING = replace(SUBSCRIBER, export="derived")
SUPPRESSED = Label(
    "user.unique_id.pseudonymous", "account", "subscriber", "pseudonymous", "rights.handle", "legal_obligation",
    "suppression", "suppress_hash", "excluded",
    excluded_because="a keyed hash that keeps an address from being written to again; it names nobody",
)  # fmt: skip
TEXTS = replace(NOT_PERSONAL, schema="by language: subject and text of a mail to many, which the operator wrote")


def table(
    web: str, worker: str, /, *, found: Any = (), nobody: Any = "", **columns: Label
) -> Callable[[type[T]], type[T]]:
    """Class decorator: a table of the operator's, which belongs to no organisation."""

    def add(model: type[T]) -> type[T]:
        name = model._meta.db_table  # type: ignore[attr-defined]
        register(Table(name, columns, web=web, worker=worker, ways=found, nobody=nobody))
        return model

    return add


ages("privacy_consents_act", "coalesce({t}.expires_at, {t}.at)", "worker")
