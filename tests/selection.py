"""Which tests a second database server or a second user could change: ``pytest --only-with-database``.

Asked of the code, so nobody keeps a list: a test is kept when it asks for the database, or when its module, a fixture
it uses or a helper of the tests that these import has anything to do with databases, processes or rights of files. One
that always starts an embedded server of its own says so by the mark ``embedded``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_TOUCHES = re.compile(
    r"\b(?:psycopg|subprocess|multiprocessing|spawn|fork|processes|postgres|blanks?|django\.(?:db|test)|kit\.db|db"
    r"|chmod|mkfifo|access|geteuid|getuid|umask|setpriv|PermissionError|socket|asyncio|Popen|sys\.executable)\b"
)


def may_differ(item: pytest.Item) -> bool:
    """Whether another server or another user could change what this test says."""
    if item.get_closest_marker("embedded"):
        return False
    if "database" in getattr(item, "fixturenames", ()):
        return True
    used = {item.path}
    for fixtures in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009 - pytest has no other way
        used |= {Path(fixture.func.__code__.co_filename) for fixture in fixtures}
    return any(_touches(path) for path in _with_imported(path for path in used if path.is_relative_to(ROOT / "tests")))


@cache
def _touches(path: Path) -> bool:
    return bool(_TOUCHES.search(path.read_text("utf-8")))


def _with_imported(paths: Iterable[Path]) -> set[Path]:
    """These files and the modules of the tests that they import, and theirs."""
    found, waiting = set[Path](), list(paths)
    while waiting:
        if (path := waiting.pop()) not in found:
            found.add(path)
            waiting += _imported(path)
    return found


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    files = (ROOT / (name.replace(".", "/") + ".py") for name in sorted(names) if name.startswith("tests."))
    return tuple(file for file in files if file.is_file())
