"""Make ``.venv`` what ``make demo`` or ``make test`` needs: ``python3 tools/prepare.py [EXTRA]``.

Standard library only. Quick when nothing changed: a stamp in ``.venv`` names what was installed, from what, and where.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "allconnects-installed"
BUILT = ROOT / "src/allconnects/site/static/vendor/stamp.txt"
OLDEST = (3, 11)


def main(extra: str) -> int:
    """Prepare for running (no extra) or for an extra of pyproject.toml. Returns the exit code."""
    if sys.version_info < OLDEST:
        sys.stderr.write(f"allconnects: needs Python {OLDEST[0]}.{OLDEST[1]} or newer; PYTHON=… names another\n")
        return 1
    from machine import Impossible, say

    try:
        with _alone():
            wanted = _wanted()
            if not _is_installed(wanted, extra):
                _prepare(wanted, extra)
    except Impossible as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"cannot write {VENV.name} ({error.strerror}); if it belongs to somebody else, remove it first")
        return 1
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Two makes in one checkout install one after the other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _wanted() -> str:
    """Changes when what is installed, or the place it is installed for, changes."""
    digest = hashlib.sha256(f"{VENV}\0{sys.version}\0{sys.base_prefix}".encode())
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    named = [ROOT / name for name in ("pyproject.toml", "package-lock.json", ".npmrc", "hatch_build.py")]
    code = (path for path in (ROOT / "tools/frontend").rglob("*") if path.suffix in {".py", ".txt"})
    return [*named, *sorted(code), *sorted((ROOT / "src/allconnects/locale").rglob("*.po"))]


def _is_installed(wanted: str, extra: str) -> bool:
    try:
        digest, *extras = STAMP.read_text().split()
    except (OSError, ValueError):
        return False
    return digest == wanted and (not extra or extra in extras) and BUILT.exists()


def _prepare(wanted: str, extra: str) -> None:
    from machine import run, say

    if not _has_pip():
        say("making .venv …")
        _make_venv()
    STAMP.unlink(missing_ok=True)
    say("installing Python packages and the front end; the first time takes a minute or two …")
    what = f".[{extra}]" if extra else "."
    pip = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run([*pip, "install", "--editable", what], "the Python packages could not be installed:", _environment())
    STAMP.write_text(" ".join(filter(None, (wanted, extra))))


def _environment() -> dict[str, str]:
    """pip runs in the checkout, whatever folder make was called from."""
    os.chdir(ROOT)
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _has_pip() -> bool:
    """Whether .venv runs, was made for this place and by this version of Python, and has pip."""
    python = VENV / "bin/python"
    ask = "import sys, pip; print(*sys.version_info[:2])"
    try:
        made_for = (VENV / "bin/activate").read_text()
        done = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.split() == [str(part) for part in sys.version_info[:2]] and str(VENV) in made_for


def _make_venv() -> None:
    """With pip from Python itself, else from the machine's pip; Debian keeps the former in python3-venv."""
    from machine import Impossible, install, run

    shutil.rmtree(VENV, ignore_errors=True)
    failure = "the virtual environment .venv could not be made:"
    if not find_spec("ensurepip") and not find_spec("pip"):
        try:
            install("python3-venv")
        except Impossible:
            raise Impossible(
                "this Python can make no virtual environment: let an administrator run 'apt-get install python3-venv'"
            ) from None
    if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0:
        run([sys.executable, "-m", "venv", str(VENV)], failure)
        return
    run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], failure)
    run([sys.executable, "-m", "pip", "--python", str(VENV / "bin/python"), "install", "pip"], failure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
