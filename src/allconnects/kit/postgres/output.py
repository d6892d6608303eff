"""What the server says on its standard error, brought to our log without what may be about a person."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from typing import IO

log = logging.getLogger(__name__)

_LINE = re.compile(r"(?P<who>[^|]*)\|(?P<state>\w{5})\|(?P<level>LOG|WARNING|ERROR|FATAL|PANIC):\s+(?P<text>.*)")
_LEVELS = {
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.ERROR,
    "PANIC": logging.CRITICAL,
}
# Processes that never see a client's statement or values: their words may be logged.
_TELLS_NO_VALUES = {
    "postmaster",
    "startup",
    "checkpointer",
    "background writer",
    "walwriter",
    "archiver",
    "io worker",
}


class ServerOutput:
    """Reads the server's output in a thread; keeps the last lines to explain a failed start."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._last: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._read, args=(stream,), name="postgres-output", daemon=True)
        self._thread.start()

    def text(self) -> str:
        """The last lines of a server that has ended, those of clients left out."""
        self._thread.join(timeout=2.0)
        return "\n".join(self._last)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._take(line.decode("utf-8", "replace").rstrip("\n"))

    def _take(self, line: str) -> None:
        if (match := _LINE.fullmatch(line)) is not None:
            self._report(match["who"], match["state"], match["level"], match["text"])
        elif not line.startswith("\t") and "|" not in line:
            self._last.append(line)  # before the server has read its settings, or of the system's loader

    def _report(self, who: str, state: str, level: str, text: str) -> None:
        if who not in _TELLS_NO_VALUES:
            log.log(logging.INFO if level in ("FATAL", "PANIC") else logging.DEBUG, "%s: %s %s", who, level, state)
            return
        self._last.append(f"{level}: {text}")
        log.log(_LEVELS.get(level, logging.DEBUG), "%s: %s", who, text)
