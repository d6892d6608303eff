"""Run scripts as processes of their own, and see which processes live."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import allconnects
from tests.waiting import PATIENCE_S

SOURCE = Path(allconnects.__file__).resolve().parents[1]
NOBODY = pwd.getpwnam("nobody")
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can be another user")


def script(code: str, *args: object, **options: object) -> subprocess.Popen[str]:
    """Start Python on this code; its output is a pipe of lines."""
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), *sys.path]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def as_nobody(what: Callable[[], object]) -> str:
    """What a call returns, or the error it raises, as text, when the user `nobody` makes it.

    In a fork, not a program of its own: that user may not be able to read this Python.
    """
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY.pw_gid)
            os.setuid(NOBODY.pw_uid)
            said = str(what())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(pid, 0)
    return said


@contextmanager
def open_folder(uid: int) -> Iterator[Path]:
    """A folder that this user owns and can walk to (pytest's own are closed to all but us)."""
    folder = Path(tempfile.mkdtemp(prefix="allconnects-test-"))
    try:
        os.chown(folder, uid, -1)
        yield folder
    finally:
        shutil.rmtree(folder)


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a script prints; fails when it ends without one."""
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said, f"the script ended with {process.wait(PATIENCE_S)}"
    return said.strip()


def alive(pid: int) -> bool:
    """Whether the process runs (one that only waits to be reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
