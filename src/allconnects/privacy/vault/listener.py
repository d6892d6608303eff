"""Hears of changed keys, and does in the background what must not wait for the next use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
import structlog

from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.vault.rows import CHANNEL

log = structlog.get_logger()
_TICK_S = 0.3
_WORK_EVERY_S = 5.0
_AGAIN_S = 2.0


class Listener:
    """A thread with a connection of its own that listens on the vault's channel.

    ``heard(payload)``: called for each change; ``listening(yes)``: when hearing begins or is lost; ``work()``:
    every few seconds.
    """

    def __init__(
        self, conninfo: str, heard: Callable[[str], None], listening: Callable[[bool], None], work: Callable[[], None]
    ) -> None:
        self._conninfo = conninfo
        self._heard = heard
        self._listening = listening
        self._work = work
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._worked = time.monotonic()
        self._said: type[Exception] | None = None
        self._thread = threading.Thread(target=self._run, name="vault", daemon=True)

    def start(self) -> None:
        """Begin, and wait a moment until changes are heard of."""
        self._thread.start()
        self._ready.wait(2.0)

    def stop(self) -> None:
        """End within a moment."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except (psycopg.Error, AllconnectsError) as error:
                if self._said is not type(error):
                    log.warning("vault.deaf", error=type(error).__name__)
                self._said = type(error)
            finally:
                self._listening(False)
            self._stop.wait(_AGAIN_S)

    def _listen(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            self._listening(True)
            self._ready.set()
            self._said = None
            while not self._stop.is_set():
                for notice in connection.notifies(timeout=_TICK_S):
                    self._heard(notice.payload)
                if time.monotonic() - self._worked > _WORK_EVERY_S:
                    self._worked = time.monotonic()
                    with suppress(AllconnectsError):  # told to whoever asks for a key next
                        self._work()
