"""The few marks of Markdown that our documents use, as HTML: headings, paragraphs, lists, tables, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_CODE = re.compile(r"`([^`]+)`")


def html(text: str) -> SafeString:
    """Markdown of ``privacy.documents`` as HTML. Everything else in it is escaped."""
    return mark_safe("\n".join(_blocks(text)))  # noqa: S308 - every text passes through escape


def _blocks(text: str) -> Iterator[str]:
    for kind, lines in groupby(text.splitlines(), _kind):
        found = list(lines)
        if kind == "heading":
            yield from map(_heading, found)
        elif kind == "table":
            yield _table(found)
        elif kind == "list":
            yield "<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in found) + "</ul>"
        elif kind == "text":
            yield "".join(f"<p>{_inline(line)}</p>" for line in found)


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    return {"#": "heading", "|": "table"}.get(line[0], "list" if line.startswith("- ") else "text")


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _heading(line: str) -> str:
    marks, _, text = line.partition(" ")
    level = min(len(marks), 5)
    return f"<h{level}>{_inline(text)}</h{level}>"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in rows[2:])
    return (
        f'<div class="table-responsive mb-3"><table class="table table-vcenter"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
