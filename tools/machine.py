"""What the machine has, and what Debian can add to it. Standard library only: runs before anything is installed.

``python3 tools/machine.py PACKAGE…`` installs packages by apt-get; ``python3 tools/machine.py --chromium`` prints the
path of a Chromium, installing Debian's where that is allowed. Exit code 1 and one line when it is not possible.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LINES_OF_A_FAILURE = 15


class Impossible(Exception):
    """One line that says what is missing and what to do."""


def say(text: str) -> None:
    """Progress goes to standard error, so that standard output stays the answer."""
    print(f"allconnects: {text}", file=sys.stderr, flush=True)


def run(command: Sequence[str], failure: str, env: dict[str, str] | None = None) -> None:
    """Run a command silently. Raises Impossible with the end of what it said when it fails."""
    with tempfile.TemporaryFile("w+") as said:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=env, check=False
        ).returncode
        if code:
            raise Impossible(f"{failure}\n{_end_of(said)}".rstrip())


def _end_of(said: IO[str]) -> str:
    said.seek(0)
    return "\n".join("  " + line for line in said.read().splitlines()[-_LINES_OF_A_FAILURE:])


def chromium() -> str:
    """The path of a Chromium: the one that CHROMIUM names, one of this machine, or Debian's, installed now."""
    named = os.environ.get("CHROMIUM")
    if named:
        if found := shutil.which(named):
            return found
        raise Impossible("CHROMIUM does not name a program")
    found = _first_browser()
    if found is None:
        install("chromium", "fonts-liberation")
        found = _first_browser()
    if found is None:
        raise Impossible("Debian's package chromium brought no program of that name")
    return found


def _first_browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def install(*packages: str) -> None:
    """Install Debian packages as root, or by a sudo that asks nothing. Raises Impossible in one line."""
    wanted = " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is None:
        raise Impossible(f"{wanted}: not on this machine, and there is no apt-get to install it with")
    command = [*_as_root(wanted), "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq", "-o", "DPkg::Lock::Timeout=120"]
    say(f"installing Debian's {wanted} …")
    failure = f"apt-get could not install {wanted}:"
    run([*command, "update"], failure)
    run([*command, "install", "--yes", "--no-install-recommends", *packages], failure)


def _as_root(wanted: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    raise Impossible(f"{wanted}: not on this machine; let an administrator run 'apt-get install {wanted}'")


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; expected failures are one line."""
    try:
        if arguments == ["--chromium"]:
            print(Path(chromium()))
        else:
            install(*arguments)
    except Impossible as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
