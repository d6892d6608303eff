"""Generated documents as blocks that a template shows: headings, paragraphs and tables. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RULE = re.compile(r"\|(-+\|)+")


@dataclass(slots=True)
class Block:
    """``kind``: h1, h2, h3, p or table."""

    kind: str
    text: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """The blocks of a document that ``privacy.documents`` wrote, in order."""
    found: list[Block] = []
    for line in text.splitlines():
        if not line.strip() or _RULE.fullmatch(line):
            continue
        if line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            found.append(Block(f"h{min(level, 3)}", line.lstrip("# ").strip()))
        elif line.startswith("|"):
            _add_row(found, [cell.strip() for cell in line.strip("|").split("|")])
        else:
            found.append(Block("p", line))
    return found


def _add_row(found: list[Block], cells: list[str]) -> None:
    if found and found[-1].kind == "table":
        found[-1].rows.append(cells)
    else:
        found.append(Block("table", head=cells))
