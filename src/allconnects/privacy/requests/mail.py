"""What a mail says: who, when, in which words. Attachments are counted, not kept: they may hold an identity card."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser

MOST_CHARACTERS = 18_000
REFERENCE = re.compile(r"PR-\d\d-[0-9A-HJKMNP-TV-Z]{7}")
_BARE = re.compile(r"[^\x09\x0a\x20-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Mail:
    """``number``: by what the same mail is known again. ``automatic``: no human wrote it, so it gets no receipt."""

    number: str
    name: str
    address: str
    subject: str
    text: str
    attachments: int
    automatic: bool

    @property
    def reference(self) -> str:
        """The reference of a case that the subject names."""
        found = REFERENCE.search(self.subject)
        return found[0] if found else ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in ("script", "style")
        if tag in ("br", "p", "div", "tr", "li"):
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def read(raw: bytes) -> Mail:
    """Read a mail, also a broken one: what cannot be read is left out, and it is still a request."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    name, address = parseaddr(_header(message, "From"))
    number = _header(message, "Message-ID").strip() or hashlib.sha256(raw).hexdigest()
    return Mail(
        number, _clean(name)[:160], _address(address), _clean(_header(message, "Subject"))[:300],
        _text(message)[:MOST_CHARACTERS], _attachments(message), _automatic(message, address),
    )  # fmt: skip


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # the header registry raises whatever a malformed header makes it stumble over
        return ""


def _address(text: str) -> str:
    text = text.strip().lower()
    return text if 3 <= len(text) <= 254 and "@" in text and text.isprintable() and " " not in text else ""


def _clean(text: str) -> str:
    return _BARE.sub("", text.replace("\r\n", "\n")).strip()


def _text(message: EmailMessage) -> str:
    try:
        part = message.get_body(("plain", "html"))
        content = part.get_content() if part is not None else ""
        if part is not None and part.get_content_type() == "text/html":
            words = _Words()
            words.feed(str(content))
            content = "".join(words.pieces)
    except Exception:  # unknown charsets, broken encodings: the request counts, its words can be asked for
        return ""
    return re.sub(r"\n{3,}", "\n\n", _clean(str(content)))


def _attachments(message: EmailMessage) -> int:
    try:
        return sum(1 for _one in message.iter_attachments())
    except Exception:
        return 0


def _automatic(message: EmailMessage, address: str) -> bool:
    """Bounces and absence notes (RFC 3834): answering those makes two machines write to each other for ever."""
    said = _header(message, "Auto-Submitted").lower().strip()
    precedence = _header(message, "Precedence").lower().strip()
    sender = address.lower().partition("@")[0]
    return (
        (said not in ("", "no"))
        or precedence in ("bulk", "junk", "auto_reply", "list")
        or sender in ("mailer-daemon", "postmaster", "")
        or _header(message, "Return-Path").strip() == "<>"
    )
