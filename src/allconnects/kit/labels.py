"""Privacy labels: what every column holds, about whom, why, for how long, and how it goes.

A label stands beside the table that it describes; the rules that labels must satisfy are in
``privacy/inventory.py``. Closed sets: a new word is a decision, made here. Category codes are keys of the
fideslang taxonomy where it has one. Sources: GDPR art. 5, 6, 13-22, 30.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

Category = Literal[
    "system.operations",
    "user.account",
    "user.government_id",
    "user.authorization.credentials",
    "user.contact",
    "user.contact.email",
    "user.name",
    "user.unique_id",
    "user.unique_id.pseudonymous",
    "user.device",
    "user.device.ip_address",
    "user.device.telemetry",
    "user.location.precise",
    "user.behavior.browsing_history",
    "user.settings",
    "user.social",
]
Group = Literal["none", "billing", "account", "product_device", "product_service", "location", "security"]
Subject = Literal["none", "account_holder", "invitee", "driver", "employee", "contact", "subscriber", "requester"]
Identifiability = Literal["direct", "indirect", "pseudonymous", "aggregate", "none"]
Purpose = Literal[
    "none",
    "account.provide",
    "account.security",
    "fleet.dispatch",
    "fleet.register",
    "fleet.report",
    "tax.logbook",
    "payroll.prepare",
    "device.operate",
    "service.operate",
    "rights.handle",
    "presence.declare",
    "newsletter",
]
Basis = Literal["none", "contract", "legal_obligation", "legitimate_interest", "consent"]
Retention = Literal[
    "none",
    "relation",
    "live_position",
    "raw_position",
    "trip",
    "security_log",
    "audit",
    "access_log",
    "session",
    "invitation",
    "job",
    "occupancy",
    "change_history",
    "upload",
    "alert",
    "tax_logbook",
    "payroll",
    "share",
    "message",
    "command",
    "consent",
    "subscription",
    "suppression",
    "request",
]
Export = Literal["provided", "observed", "derived", "excluded"]

ERASURES = frozenset(
    {"delete_row", "nullify", "replace_token", "generalise", "suppress_hash", "none"}
    | {f"delete_chunk+shred:{name}" for name in ("raw_position",)}
    | {f"retain:{name}" for name in ("security_log", "audit", "access_log", "consent")}
    | {f"retain:{name}" for name in ("security_log", "tax_logbook")}
    | {"retain:request"}
)


@dataclass(frozen=True, slots=True)
class Label:
    """The privacy label of one column.

    ``schema``: what stands inside a json, text array or bytea column, in one line; required there.
    ``excluded_because``: why a personal column is not in a person's export; required with ``excluded``.
    """

    category: Category
    group: Group
    subject: Subject
    identifiability: Identifiability
    purpose: Purpose
    basis: Basis
    retention: Retention
    erasure: str
    export: Export
    schema: str = ""
    excluded_because: str = ""

    def __post_init__(self) -> None:
        if self.erasure not in ERASURES:
            raise ValueError(f"not an erasure strategy: {self.erasure}")

    @property
    def personal(self) -> bool:
        """Whether the column holds personal data, however weakly it identifies."""
        return self.identifiability not in ("none", "aggregate")


NOT_PERSONAL = Label(
    "system.operations", "none", "none", "none", "none", "none", "none", "none", "excluded",
    excluded_because="not about a person",
)  # fmt: skip
"""Machinery: says nothing about anybody."""


@dataclass(frozen=True, slots=True)
class Table:
    """The labels of one table.

    ``tenant``: column that names the organisation, when the table is under row-level security.
    ``web``, ``ingest``, ``worker``: privileges of the roles, such as ``"SELECT, INSERT"``; ``vault``: the same in the
    database of the vault.
    ``partitions_of``: set by prefix for tables whose children repeat them.
    """

    name: str
    columns: dict[str, Label]
    tenant: str | None = None
    web: str = ""
    ingest: str = ""
    worker: str = ""
    vault: str = ""


_tables: dict[str, Table] = {}
T = TypeVar("T")


def register(table: Table) -> Table:
    """Add a table to the inventory. Raises ValueError when it is there already."""
    if table.name in _tables and _tables[table.name] != table:
        raise ValueError(f"labelled twice: {table.name}")
    _tables[table.name] = table
    return table


def tables() -> dict[str, Table]:
    """Every labelled table by name. Complete once Django has loaded all rooms."""
    return dict(_tables)


def labelled(
    *, tenant: str | None = None, web: str = "", ingest: str = "", worker: str = "", **columns: Label
) -> Callable[[type[T]], type[T]]:
    """Class decorator for Django models: labels by column name (``organisation_id``, not ``organisation``)."""

    def add(model: type[T]) -> type[T]:
        name = model._meta.db_table  # type: ignore[attr-defined]
        register(Table(name, columns, tenant=tenant, web=web, ingest=ingest, worker=worker))
        return model

    return add
