"""Commands that run at once, told one after the other: ``python3 tools/side_by_side.py 'NAME=COMMAND'…``.

As many run as the machine has cores and one more, the next when one has ended: each waits about half of its time, for
disks, pages and processes, and more would only wait for each other.
What a part says goes into a file and is printed when the part ends; once a minute one line tells how far each is.
The end lists each part with its time, its result and its failures. The exit code is 0 when that of every part is.
Standard library only: runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TELL_EVERY_S = 60.0
AT_ONCE = max(2, os.cpu_count() or 2) + 1
PATIENCE_S = 120.0
"""How long what was interrupted may take to stop its servers and remove its folders."""
_FAR = re.compile(r"\[ *(\d+)%\]\s*$", re.MULTILINE)
_FAILURE = re.compile(r"(?:FAILED|ERROR) \S")
_SUMMARY = re.compile(r"=+ (.*\d (?:passed|failed|errors?|skipped|deselected)\b.*?) =+")


class Interrupted(Exception):
    """By a signal, whose number it holds."""


@dataclass
class Part:
    """A command on its way."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    took_s: float = 0.0

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def far(self) -> str:
        """How far it is, in percent, where it says so."""
        found = _FAR.findall(self.said()[-20_000:])
        return f"{self.name} {found[-1]}%" if found else self.name

    def result(self) -> str:
        """One line, and one for each failure that it named."""
        code, lines = self.process.returncode, self.said().splitlines()
        counts = [match[1] for line in lines if (match := _SUMMARY.fullmatch(line))]
        verdict = "passed" if code == 0 else f"FAILED with exit code {code}"
        head = f"== {self.name}: {verdict}, {self.took_s:.0f} s{''.join('; ' + one for one in counts[-1:])}"
        return "\n".join([head, *("     " + line for line in lines if code and _FAILURE.match(line))])


def main(arguments: Sequence[str]) -> int:
    """Run the parts; returns 0 when all of them did, 1 when one failed, 128 + n after signal n."""
    for one in SIGNALS:
        signal.signal(one, _interrupted)
    began, parts = time.monotonic(), list[Part]()
    with tempfile.TemporaryDirectory(prefix="ac-parts-") as folder:
        try:
            names = [argument.partition("=")[0] for argument in arguments]
            _say(f"== side by side, {AT_ONCE} at once: " + ", ".join(names))
            _follow(list(arguments), parts, Path(folder), began)
        except Interrupted as interrupted:
            for one in SIGNALS:
                signal.signal(one, signal.SIG_IGN)
            _stop(parts)
            for part in parts:
                _say(f"\n== {part.name}: interrupted; its last lines\n" + "\n".join(part.said().splitlines()[-15:]))
            return 128 + int(interrupted.args[0])
        finally:
            _stop(parts)
        _say("\n" + "\n".join(part.result() for part in parts))
    return int(any(part.process.returncode for part in parts))


def _interrupted(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)


def _started(argument: str, log: Path) -> Part:
    name, _, command = argument.partition("=")
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    return Part(name, process, log, time.monotonic())


def _follow(waiting: list[str], parts: list[Part], folder: Path, began: float) -> None:
    """Until all have ended; each is printed whole when it does. What was started stands in ``parts``."""
    running, told = list[Part](), began
    while running or waiting:
        while waiting and len(running) < AT_ONCE:
            parts.append(_started(waiting.pop(0), folder / f"{len(parts)}.log"))
            running.append(parts[-1])
        time.sleep(0.2)
        for part in [part for part in running if part.process.poll() is not None]:
            running.remove(part)
            part.took_s = time.monotonic() - part.started
            _say(f"\n== {part.name}\n{part.said().rstrip()}\n{part.result().splitlines()[0]}")
        if running and time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            _say(f"== {told - began:.0f} s: {', '.join(part.far() for part in running)}")


def _stop(parts: list[Part]) -> None:
    """As Ctrl-C would, so that tests stop what they started; what does not end is killed with its children."""
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE_S
        running = [part for part in parts if _reached(part, number)]
        while running and time.monotonic() < deadline:
            time.sleep(0.1)
            running = [part for part in running if _reached(part, 0)]


def _reached(part: Part, number: int) -> bool:
    """Whether any process of the part was there to get the signal."""
    part.process.poll()
    try:
        os.killpg(part.process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
