"""The package: JSON with everything, a CSV for each table, tracks as GPX, and a PDF to read."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from allconnects.kit.csv import guarded
from allconnects.kit.paper import compiled
from allconnects.privacy.export.gather import Scope, Taken
from allconnects.privacy.registry.parties import RECIPIENTS
from allconnects.privacy.registry.words import BASES, CATEGORIES, RETENTIONS
from allconnects.privacy.retention import RULES

VERSION = 1
SOURCES = {"provided": "provided by you or your employer", "observed": "observed by devices and programs",
           "derived": "worked out from the others"}  # fmt: skip


def packed(taken: Iterable[Taken], files: Iterator[tuple[str, bytes]], scope: Scope, at: datetime) -> bytes:
    """The whole package as a ZIP. ``files``: further ones, such as tracks."""
    tables = list(taken)
    about = _about(tables, scope, at)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(about, ensure_ascii=False, indent=1))
        for one in tables:
            archive.writestr(f"tables/{one.table}.csv", _csv(one))
        names = []
        for name, body in files:
            archive.writestr(name, body)
            names.append(name)
        archive.writestr("overview.pdf", _pdf(about, tables, names))
    return content.getvalue()


def _about(tables: list[Taken], scope: Scope, at: datetime) -> dict[str, Any]:
    return {
        "version": VERSION,
        "scope": scope,
        "note": _note(),
        "made_at": at.isoformat(timespec="seconds"),
        "recipients": [{"who": _(one.title), "what": _(one.gets), "where": one.country} for one in RECIPIENTS],
        "retention": {
            name: {"days": RULES[name].default_days, "ground": RULES[name].ground}
            for name in sorted({label.retention for one in tables for label in one.columns.values()})
        },
        "tables": {one.table: _table(one) for one in tables},
    }


def _note() -> str:
    """The same in every copy, so that it tells nothing of this one (GDPR art. 14(5), 15(4), 23)."""
    return _("A copy holds what you may be told on the day it is made. What the law lets or makes us tell later is "
             "in a copy that you ask for afterwards. This sentence stands in every copy.")  # fmt: skip


def _table(one: Taken) -> dict[str, Any]:
    return {
        "columns": {
            name: {
                "category": label.category, "purpose": label.purpose, "basis": label.basis,
                "retention": label.retention, "source": SOURCES[label.export],
            }
            for name, label in one.columns.items()
        },
        "left_out": one.left_out,
        "rows": one.rows,
    }  # fmt: skip


def _csv(one: Taken) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(one.columns)
    for row in one.rows:
        writer.writerow([_cell(row[name]) for name in one.columns])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if _number(text) else guarded(text)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _pdf(about: dict[str, Any], tables: list[Taken], files: list[str]) -> bytes:
    data = {
        "title": _("Your data"),
        "lead": _("What this platform holds about you, why, on what ground and for how long. The rows themselves "
                  "stand in data.json and in the tables beside this page."),
        "note": about["note"],
        "made": about["made_at"],
        "heads": [_("What"), _("Rows"), _("Ground"), _("Kept")],
        "tables": [_line(one) for one in tables],
        "recipients_title": _("Who receives data"),
        "recipients": [[one["who"], one["what"], one["where"]] for one in about["recipients"]],
        "files_title": _("Files"),
        "files": files,
        "complaint": _("You can complain to the Data Protection Authority, Drukpersstraat 35, 1000 Brussels, "
                       "www.gegevensbeschermingsautoriteit.be."),
    }  # fmt: skip
    return compiled("allconnects.privacy.export", "overview.typ", data)[0]


def _line(one: Taken) -> list[str]:
    categories = sorted({str(_(CATEGORIES[label.category])) for label in one.columns.values()})
    bases = sorted({str(_(BASES[label.basis])) for label in one.columns.values()})
    kept = sorted({str(_(RETENTIONS[label.retention])) for label in one.columns.values()})
    return [f"{one.table}: {'; '.join(categories)}", str(len(one.rows)), "; ".join(bases), "; ".join(kept)]
