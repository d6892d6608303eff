"""Privacy labels: what every column holds, about whom, why, for how long, and how it goes.

A label stands beside the table that it describes; the rules that labels must satisfy are in
``privacy/inventory.py``. Closed sets: a new word is a decision, made here. Category codes are keys of the
fideslang taxonomy where it has one. Sources: GDPR art. 5, 6, 13-22, 30.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Category = Literal[
    "system.operations",
    "user.account",
    "user.government_id",
    "user.authorization.credentials",
    "user.contact",
    "user.contact.email",
    "user.financial",
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
    "billing.handle",
]
Basis = Literal["none", "contract", "legal_obligation", "legitimate_interest", "consent"]
Retention = Literal[
    "none",
    "relation",
    "raw_position",
    "trip",
    "security_log",
    "audit",
    "breach",
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
    "erased_mark",
    "export_file",
    "billing",
]
Export = Literal["provided", "observed", "derived", "excluded"]
Finding = Literal["person", "account", "mention", "during", "row", "email", "word", "any"]

ERASURES = frozenset(
    {"delete_row", "nullify", "replace_token", "generalise", "unlink", "suppress_hash", "none"}
    | {f"delete_chunk+shred:{name}" for name in ("raw_position",)}
    | {f"retain:{name}" for name in ("security_log", "audit", "access_log", "consent", "request")}
    | {f"retain:{name}" for name in ("tax_logbook", "payroll", "billing")}
)


@dataclass(frozen=True, slots=True)
class Label:
    """The privacy label of one column.

    ``schema``: what stands inside a json, text array or bytea column, in one line; required there.
    ``excluded_because``: why a personal column is not in a person's export; required with ``excluded``.
    ``becomes``: with ``generalise`` and ``replace_token`` what the value becomes, as SQL over the row; by default an
    empty text, array or object.
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
    becomes: str = ""

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
class Way:
    """How rows of a person are found in a table, beside what its foreign keys say.

    * ``person``: ``column`` names the person (uuid, or its text).
    * ``account``: ``column`` names the account that the row is about.
    * ``mention``: ``column`` names an account that did something with a row about somebody else; ``prefix`` where it
      stands as text, ``account:7``.
    * ``during``: the row is of device ``column`` at ``start`` (until ``end``), when the person had it.
    * ``row``: ``column`` has the person's id where ``where`` (SQL) holds: a note about a row of the register.
    * ``email``: ``column`` has the address of the account.
    * ``word``: the text of ``column`` has the person's id in it somewhere.
    * ``any``: rows live so shortly that all of the organisation go.
    """

    kind: Finding
    column: str = ""
    start: str = ""
    end: str = ""
    where: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The labels of one table.

    ``tenant``: column that names the organisation, when the table is under row-level security.
    ``web``, ``ingest``, ``worker``: privileges of the roles, such as ``"SELECT, INSERT"``; ``vault`` and
    ``billing``: the same in the databases of the vault and of billing.
    ``ways``: how a person's rows are found where foreign keys do not say it; ``nobody``: why no row can be found to be
    one person's. ``root``: it is the register of persons or accounts, or says who had a device when.
    ``more``: privileges of the role ``rights`` beside those that follow from the ways of erasing.
    """

    name: str
    columns: dict[str, Label]
    tenant: str | None = None
    web: str = ""
    ingest: str = ""
    worker: str = ""
    vault: str = ""
    ways: tuple[Way, ...] = ()
    nobody: str = ""
    root: Literal["", "person", "account", "had"] = ""
    more: str = ""
    billing: str = ""

    @property
    def personal(self) -> bool:
        """Whether any column is about somebody."""
        return any(label.personal for label in self.columns.values())

    @property
    def rights(self) -> str:
        """Privileges of the role that exports and erases: what the ways of erasing need."""
        if self.vault or self.billing:
            return ""
        words = set(filter(None, (word.strip() for word in self.more.split(","))))
        if self.tenant and self.name != "privacy_offboarding":
            words |= {"SELECT", "DELETE"}  # an organisation that leaves goes whole
        if self.personal and not self.nobody:
            words.add("SELECT")
            erasures = {label.erasure for label in self.columns.values() if label.personal}
            if not all(one.startswith("retain:") for one in erasures):
                words |= {"UPDATE", "DELETE"}
        return ", ".join(sorted(words))


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


@dataclass(frozen=True, slots=True)
class Age:
    """Since when the term of a table's rows runs, and who lets them go when it is over.

    ``since``: SQL over the row ``{t}``, a moment or a day; NULL while the term does not run yet, as for what lasts.
    ``by``: the periodic task that does it, or ``worker`` for the rounds of that process; empty: retention itself, which
    goes by this. ``becomes``: what it sets instead of deleting, where a row goes on without its personal part.
    """

    since: str
    by: str = ""
    becomes: str = ""


_ages: dict[str, Age] = {}


def ages(table: str, since: str, by: str = "", becomes: str = "") -> None:
    """Say how the rows of a table grow old. Raises ValueError when that was said otherwise before."""
    said = Age(since, by, becomes)
    if _ages.setdefault(table, said) != said:
        raise ValueError(f"grows old in two ways: {table}")


def aging() -> dict[str, Age]:
    """How tables grow old, by name. Complete once Django has loaded all rooms."""
    return dict(_ages)


@dataclass(frozen=True, slots=True)
class Later:
    """Rows of a table that the person is told of later than at once, because a law lets or makes it so.

    ``when``: SQL over the row ``{t}`` that is true while he is not told, with the parameters ``today`` (a Brussels day)
    and ``now``. ``because``: SQL for what has the ground of it, such as ``investigation:UUID``, for the audit chain.
    """

    when: str
    because: str


_later: dict[str, Later] = {}


def told_later(table: str, when: str, because: str) -> None:
    """Say which rows stay out of a copy for a while. Raises ValueError when that was said otherwise before."""
    said = Later(when, because)
    if _later.setdefault(table, said) != said:
        raise ValueError(f"told later in two ways: {table}")


def later(table: str) -> Later | None:
    """Which rows of a table the person is told of later; None: of all at once."""
    return _later.get(table)


_aside: dict[str, Table] = {}


def register_aside(*given: Table) -> None:
    """Add tables of a database beside the main one: notices and records tell of them too."""
    _aside.update((table.name, table) for table in given)


def aside() -> dict[str, Table]:
    """The tables of the databases beside the main one."""
    return dict(_aside)


def labelled(
    *,
    tenant: str | None = None,
    web: str = "",
    ingest: str = "",
    worker: str = "",
    found: Any = (),
    nobody: Any = "",
    root: Any = "",
    more: Any = "",
    **columns: Label,
) -> Callable[[type[T]], type[T]]:
    """Class decorator for Django models: labels by column name (``organisation_id``, not ``organisation``).

    ``found`` (a tuple of Way), ``nobody``, ``root``, ``more`` (texts): as ``Table`` has them; ``found`` are its ways.
    """

    def add(model: type[T]) -> type[T]:
        name = model._meta.db_table  # type: ignore[attr-defined]
        register(Table(name, columns, tenant, web, ingest, worker, "", found, nobody, root, more))
        return model

    return add
