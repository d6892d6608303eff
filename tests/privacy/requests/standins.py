"""Stand-ins of what packs, erases and holds, and an IMAP server that a box stands on."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from allconnects.privacy.requests import ports


@dataclass
class Packer:
    """Packs at once, or when told."""

    ready: bool = True
    asked: list[tuple[Any, UUID, str]] = field(default_factory=list)
    opened: set[UUID] = field(default_factory=set)

    def request(self, subject: Any, *, case: UUID, scope: str) -> UUID:
        self.asked.append((subject, case, scope))
        return uuid4()

    def status(self, package: UUID) -> str:
        return "opened" if package in self.opened else "ready" if self.ready else "waiting"

    def open_once(self, package: UUID) -> bytes:
        self.opened.add(package)
        return b"PK"


@dataclass
class Eraser:
    """Erases as far as ``state`` says."""

    state: str = "running"
    kept: tuple[tuple[str, str, str], ...] = ()
    begun: list[UUID] = field(default_factory=list)

    def begin(self, subject: Any, *, case: UUID, by: int) -> UUID:
        self.begun.append(case)
        return uuid4()

    def status(self, erasure: UUID) -> ports.Progress:
        return ports.Progress(self.state, (), self.kept)  # type: ignore[arg-type]


@dataclass
class Holder:
    """Remembers whom it holds."""

    held: list[UUID] = field(default_factory=list)

    def restrict(self, subject: Any, *, case: UUID, ground: str, by: int) -> None:
        self.held.append(case)

    def announce(self, subject: Any, *, case: UUID, by: int) -> None:
        assert case in self.held

    def lift(self, subject: Any, *, case: UUID, by: int) -> None:
        self.held.remove(case)


@dataclass
class Box:
    """Mails of an IMAP box: (flags, moment, raw) by number. ``folders``: what was copied where."""

    mails: dict[int, tuple[datetime, bytes]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    folders: dict[str, list[bytes]] = field(default_factory=dict)
    port: int = 0

    def put(self, raw: str | bytes, at: datetime) -> None:
        number = max(self.mails, default=0) + 1
        self.mails[number] = (at, raw.encode() if isinstance(raw, str) else raw)

    @property
    def url(self) -> str:
        return f"imap://privacy%40example.org:secret@127.0.0.1:{self.port}/INBOX"


class _Session(socketserver.StreamRequestHandler):
    """As much of IMAP4rev1 (RFC 3501) as the fetcher speaks, read strictly."""

    box: Box

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().decode().partition(" ")
            verb, _, words = rest.partition(" ")
            if verb == "UID":
                verb, _, words = words.partition(" ")
            answer = getattr(self, f"_{verb.lower()}", self._unknown)(words)
            self._say(f"{tag} {answer} done".encode())
            if verb == "LOGOUT":
                return

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _unknown(self, words: str) -> str:
        return "BAD what?"

    def _capability(self, words: str) -> str:
        self._say(b"* CAPABILITY IMAP4rev1")
        return "OK"

    def _login(self, words: str) -> str:
        return "OK" if words == 'privacy@example.org "secret"' else "NO who?"

    def _select(self, words: str) -> str:
        self._say(f"* {len(self.box.mails)} EXISTS".encode())
        return "OK [READ-WRITE]" if words == '"INBOX"' else "NO no such folder"

    def _search(self, words: str) -> str:
        self._say(("* SEARCH " + " ".join(map(str, sorted(self.box.mails)))).encode())
        return "OK"

    def _fetch(self, words: str) -> str:
        number = int(words.split()[0])
        most = re.search(r"<0\.(\d+)>", words)
        assert most
        moment, raw = self.box.mails[number]
        raw = raw[: int(most[1])]
        when = moment.strftime("%d-%b-%Y %H:%M:%S %z")
        self._say(f'* {number} FETCH (UID {number} INTERNALDATE "{when}" BODY[]<0> {{{len(raw)}}}'.encode())
        self.wfile.write(raw)
        self._say(b")")
        return "OK"

    def _copy(self, words: str) -> str:
        number, folder = words.split()
        if folder not in self.box.folders:
            return "NO [TRYCREATE] no such folder"
        self.box.folders[folder].append(self.box.mails[int(number)][1])
        return "OK"

    def _create(self, words: str) -> str:
        self.box.folders[words.strip('"')] = []
        return "OK"

    def _store(self, words: str) -> str:
        self.box.deleted.add(int(words.split()[0]))
        return "OK"

    def _expunge(self, words: str) -> str:
        for number in sorted(self.box.deleted, reverse=True):
            del self.box.mails[number]
            self._say(f"* {number} EXPUNGE".encode())
        self.box.deleted.clear()
        return "OK"

    def _logout(self, words: str) -> str:
        self._say(b"* BYE")
        return "OK"


@contextmanager
def imap() -> Iterator[Box]:
    """A box on a server of its own."""
    box = Box()
    handler = type("Session", (_Session,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()
