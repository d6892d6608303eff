"""Write label words and retention classes into ``docs/privacy-labels.md``: ``python tools/labels_page.py``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import get_args, get_type_hints

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "privacy-labels.md"


def main() -> None:
    """Replace the last cell of each field's row and the whole table of retention classes."""
    from allconnects.kit import labels
    from allconnects.privacy.retention import RULES

    text = re.sub(r"^(<{7}|={7}|>{7}).*\n", "", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    for name, kind in get_type_hints(labels.Label).items():
        words = sorted(labels.ERASURES) if name == "erasure" else get_args(kind)
        if name not in ("schema", "excluded_because", "becomes"):
            row = " ".join(f"`{word}`" for word in words)
            text = _once(rf"^(\| `{name}` \| [^|]+ \|) .*\n(?:\| `{name}` .*\n)*", rf"\1 {row} |\n", text)
    rows = "".join(
        f"| `{name}` | {_days(rule.default_days)} | {_days(rule.cap_days)} | {rule.ground} |\n"
        for name, rule in RULES.items()
    )
    text = _once(r"^(\| class \| kept for .*\n\|[-|]+\n)(?:\|.*\n)*", rf"\1{rows}", text)
    PAGE.write_text(text, "utf-8")


def _once(pattern: str, replacement: str, text: str) -> str:
    result, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    if not count:
        sys.exit(f"not in the page: {pattern}")
    # A conflict of two branches leaves the row twice, not one below the other.
    return result


def _days(value: float | None) -> str:
    return "its account or registration" if value is None else f"{value:g} day{'' if value == 1 else 's'}"


if __name__ == "__main__":
    main()
