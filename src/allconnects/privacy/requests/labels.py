"""Privacy labels of requests: themselves personal data, kept to show that they were answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from allconnects.kit.labels import Label, ages, labelled

T = TypeVar("T")


def table(web: str, **columns: Label) -> Callable[[type[T]], type[T]]:
    """A table of an organisation. ``web``: what pages may do with it; the worker deletes what is over."""
    decorate = cast(Any, labelled)(tenant="organisation_id", web=web, worker="SELECT, DELETE", **columns)
    return cast(Callable[[type[T]], type[T]], decorate)


CASE = Label(
    "user.account", "account", "requester", "pseudonymous", "rights.handle", "legal_obligation",
    "request", "retain:request", "observed",
)  # fmt: skip
WHOM = replace(CASE, category="user.unique_id", identifiability="indirect")
NAME = replace(CASE, category="user.name", identifiability="direct", export="provided")
EMAIL = replace(CASE, category="user.contact.email", identifiability="direct", export="provided")
ADDRESS = replace(CASE, category="user.contact", identifiability="direct", export="provided")
WORDS = replace(CASE, category="user.account", identifiability="direct", export="provided")
LETTER = replace(CASE, category="user.contact", identifiability="direct", export="derived")
SECRET = replace(
    CASE, category="user.authorization.credentials", export="excluded",
    excluded_because="only a hash of a code that is good for minutes, or of a number of a mail",
)  # fmt: skip
FACTS = replace(CASE, schema="words of closed lists, numbers, days and hashes; never names or free text")
COSTS = replace(CASE, schema="lines of a cost sheet: what, and euros as text")
RESULT = replace(CASE, schema="lines of what was done and of what stays: what, why, until which day")
STAFF = Label(
    "user.account", "account", "account_holder", "indirect", "rights.handle", "legal_obligation",
    "request", "retain:request", "observed",
)  # fmt: skip
OFFICER = Label(
    "user.account", "account", "account_holder", "indirect", "rights.handle", "legal_obligation",
    "relation", "delete_row", "observed",
)  # fmt: skip

_CASE = (
    "(SELECT coalesce(c.closed_at, c.registered_at) FROM privacy_case c WHERE c.id = {t}.case_id "
    "AND c.state NOT IN ('received', 'identity', 'working', 'partial'))"
)
_DEMAND = "(SELECT coalesce(d.given_at, d.proposed_at) FROM privacy_disclosure d WHERE d.id = {t}.disclosure_id)"
ages("privacy_case", _CASE.replace("{t}.case_id", "{t}.id"), "worker")
for _name in ("privacy_correction", "privacy_case_decision", "privacy_case_letter", "privacy_case_event"):
    ages(_name, _CASE, "worker")
ages("privacy_disclosure", "coalesce({t}.given_at, {t}.proposed_at)", "worker")
ages("privacy_disclosure_approval", _DEMAND, "worker")
ages("privacy_breach", "{t}.closed_at", "worker")
