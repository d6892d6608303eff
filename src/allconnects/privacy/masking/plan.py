"""What is done with every column of every table: from its label, its type and what the schema demands of it."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from importlib.resources import files
from typing import Any, get_args

import psycopg

from allconnects.accounts.access import SCOPES
from allconnects.kit import config, labels
from allconnects.kit.errors import AllconnectsError
from allconnects.kit.labels import Label
from allconnects.privacy.masking.rules import BARE, COORDINATE, REFERENCE, SHAPE, Mask, Masker

_NAMING = ("user.name", "user.contact.email", "user.government_id", "user.financial", "user.unique_id")
_STAYS = re.compile(
    r"(bigint|boolean|date|double precision|integer|interval|numeric|real|smallint|timestamp with time zone|uuid)"
    r"(\[\])?|tstzrange"
)
_TEXT = ("character varying", "text")
_SHORT = 60
_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.atttypmod, a.attnotnull,
        EXISTS (SELECT FROM pg_constraint k
                WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey)),
        EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY c.relname, a.attnum"""
_CHECKS = """
    SELECT t.relname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'c' AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition"""
_KEYS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.condeferrable,
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND c.conparentid = 0"""


class Unmaskable(AllconnectsError):
    """Something of the schema has no rule; nothing is copied."""

    code = "unmaskable"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the schema has it. ``size``: most characters. ``words``: those that stay here as they are."""

    table: str
    name: str
    type: str
    size: int | None
    not_null: bool
    key: bool
    unique: bool
    words: frozenset[str] = frozenset()

    @property
    def where(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True)
class Copied:
    """One table of a dump: its columns, and for each the mask, or None where it stays."""

    name: str
    columns: tuple[Column, ...]
    masks: tuple[Mask | None, ...]


def special() -> dict[str, dict[str, Any]]:
    """``masking.toml``: ``left_out``, ``columns`` and ``words``."""
    read: dict[str, dict[str, Any]] = tomllib.loads((files(__package__) / "masking.toml").read_text("utf-8"))
    return read


def tables(connection: psycopg.Connection[Any]) -> list[Copied]:
    """Every table of a dump, those that others refer to first. Raises Unmaskable for a column without label or rule."""
    masker, own, ways = Masker(), special(), _ways()
    columns, spoken = _columns(connection)
    if bare := [one.where for one in columns if _label(one) is None]:
        raise Unmaskable(f"nothing was copied: no privacy label says what stands in {', '.join(sorted(bare))}")
    gone = _gone(connection, own["left_out"])
    by_table: dict[str, list[Column]] = defaultdict(list)
    for one in columns:
        if one.table not in own["left_out"]:
            by_table[one.table].append(one)
    return [
        Copied(name, tuple(by_table[name]), tuple(
            _gone_to if one.where in gone
            else mask(one, _label(one), own["columns"].get(one.where, ""), masker, spoken, one.where in ways)
            for one in by_table[name]
        ))
        for name in _order(connection) if name in by_table
    ]  # fmt: skip


def mask(
    column: Column, label: Label | None, way: str, masker: Masker, spoken: Collection[str], refers: bool
) -> Mask | None:
    """The mask of one column. ``spoken``: words of the program; ``refers``: it names people or accounts by their id."""
    assert label is not None
    if way:
        return _own(way, masker)
    credential = label.category == "user.authorization.credentials"
    if not label.personal and not credential:
        return None
    if COORDINATE.search(column.name) and not column.key:
        return (lambda _: "0") if column.not_null else _gone_to
    if _STAYS.fullmatch(column.type) or (column.key and not column.unique):
        return None
    if column.type == "bytea":
        return masker.secret_bytes if column.not_null else _gone_to
    known = frozenset() if credential else column.words | (frozenset(spoken) if _worded(column, label) else frozenset())
    if column.type in ("json", "jsonb"):
        nowhere = label.category == "user.location.precise" or "degrees" in label.schema
        return partial(masker.document, words=known, nowhere=nowhere)
    if column.type in ("character varying[]", "text[]"):
        return partial(masker.words, known=known)
    if column.type not in _TEXT:
        raise Unmaskable(f"nothing was copied: {column.where} is {column.type}, and nothing says how that is masked")
    return partial(_text, column=column, label=label, masker=masker, known=known, refers=refers)


def _text(value: str, column: Column, label: Label, masker: Masker, known: Collection[str], refers: bool) -> str | None:
    if not value or value in known or (label.category != "user.authorization.credentials" and _refers(value, refers)):
        return value
    if "@" in value and (label.category == "user.contact.email" or "email" in column.name):
        return masker.email(value)
    if column.unique:
        return masker.unique(value, column.size)
    return masker.text(value, spaced=column.size is None or column.size > _SHORT)


def _refers(value: str, refers: bool) -> bool:
    return bool(REFERENCE.fullmatch(value) or (refers and BARE.fullmatch(value)))


def _worded(column: Column, label: Label) -> bool:
    """Whether a word of the program is kept there: not where people are named, nor in what they write freely."""
    if label.category in _NAMING:
        return False
    short = column.size is not None and column.size <= _SHORT
    return short or column.type not in _TEXT or label.export in ("derived", "observed")


def _own(way: str, masker: Masker) -> Mask:
    return {
        "text": masker.text, "email": masker.email, "url": masker.url, "actor": masker.actor,
        "secret": masker.secret_bytes, "empty": lambda _: "", "shape": lambda _: SHAPE,
    }[way]  # fmt: skip


def _gone_to(_value: str) -> None:
    return None


def _label(column: Column) -> Label | None:
    table = labels.tables().get(column.table)
    return table.columns.get(column.name) if table else None


def _ways() -> frozenset[str]:
    return frozenset(
        f"{table.name}.{way.column}" for table in labels.tables().values() for way in table.ways
        if way.kind in ("person", "account", "mention", "row")
    )  # fmt: skip


def _columns(connection: psycopg.Connection[Any]) -> tuple[list[Column], frozenset[str]]:
    """The columns with the words of their closed lists, and all words of the program."""
    chosen, checks = _choices(), defaultdict(list)
    for table, text in connection.execute(_CHECKS):
        checks[table].append(text)
    found, names = [], set()
    for table, name, kind, size, not_null, key, unique in connection.execute(_COLUMNS):
        names |= {table, name}
        about = [text for text in checks[table] if re.search(rf"(?<!:)\b{name}\b", text)]
        said = {word for text in about for word in re.findall(r"'(\w*)'::", text)}
        most = size - 4 if kind.startswith("character varying") and size > 4 else None
        words = frozenset(said | chosen.get(f"{table}.{name}", set()))
        found.append(Column(table, name, kind, most, not_null, key, unique, words))
    return found, frozenset().union(names, *(one.words for one in found), *_spoken())


def _choices() -> dict[str, set[str]]:
    from django.apps import apps

    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            words = getattr(field, "base_field", field).flatchoices
            if words:
                found[f"{model._meta.db_table}.{field.column}"] = {str(key) for key, _ in words}
    return found


def _spoken() -> tuple[Collection[str], ...]:
    from django.apps import apps
    from django.conf import settings

    said = (labels.Category, labels.Purpose, labels.Retention)
    languages = [code for code, _ in settings.LANGUAGES]
    own = {*special()["words"]["spoken"], *(str(model._meta.model_name) for model in apps.get_models())}
    return (
        own,
        SCOPES,
        config.PROTOCOL_PORTS,
        zoneinfo.available_timezones(),
        languages,
        *(get_args(one) for one in said),
    )


def _gone(connection: psycopg.Connection[Any], left_out: Collection[str]) -> set[str]:
    """Columns that refer to a table that is left out: they become NULL. Raises Unmaskable where they cannot."""
    gone = {
        f"{table}.{column}"
        for table, target, _, columns in connection.execute(_KEYS)
        if target in left_out and table not in left_out
        for column in columns if column != "organisation_id"
    }  # fmt: skip
    if stuck := sorted(one.where for one in _columns(connection)[0] if one.where in gone and one.not_null):
        raise Unmaskable(f"nothing was copied: {', '.join(stuck)} refers to a table that is left out")
    return gone


def _order(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables such that keys that are checked at once find what they refer to; others are checked at the end."""
    before: dict[str, set[str]] = {name: set() for name in labels.tables()}
    for table, target, deferrable, _ in connection.execute(_KEYS):
        if not deferrable and table != target:
            before[table].add(target)
    return list(TopologicalSorter(before).static_order())
