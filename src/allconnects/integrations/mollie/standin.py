"""A server that behaves like Mollie's payments API where tests and trials need one, with its faults.

It is a stand-in: it was written from the public documentation and moves no money. It has the checkout page too, on
which a visitor says what became of the payment.
"""

from __future__ import annotations

import json
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("none", "down", "slow", "nonsense", "wrong_amount", "unauthorised", "lost_answer")


@dataclass
class Books:
    """What the stand-in knows. ``fault`` holds for the requests that follow; set it back to ``none``."""

    key: str
    url: str = ""
    fault: str = "none"
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    refunds: list[tuple[str, str]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, reference: str, status: str, *, card: bool = True, tell: bool = True) -> int | None:
        """A customer has done something at the checkout; the webhook is called as Mollie does, with the id only."""
        with self.lock:
            payment = self.payments[reference]
            payment["status"] = status
            if status == "paid" and card:
                payment["method"], payment["details"] = "creditcard", {"cardNumber": "4242", "cardLabel": "Visa"}
        return self.call_hook(reference) if tell else None

    def call_hook(self, reference: str) -> int:
        """Returns the status that the webhook answered with."""
        request = urllib.request.Request(  # noqa: S310 - an address that the program under test gave
            self.payments[reference]["webhookUrl"], f"id={reference}".encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def _shown(books: Books, payment: dict[str, Any]) -> dict[str, Any]:
    shown = dict(payment)
    if payment["status"] == "open":
        shown["_links"] = {"checkout": {"href": f"{books.url}/checkout/{payment['id']}", "type": "text/html"}}
    back = [value for reference, value in books.refunds if reference == payment["id"]]
    if back:
        shown["amountRefunded"] = {"currency": payment["amount"]["currency"], "value": back[-1]}
    if books.fault == "wrong_amount":
        shown["amount"] = {**payment["amount"], "value": "0.01"}
    return shown


class _Handler(BaseHTTPRequestHandler):
    books: Books

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Look at a payment."""
        if self._faulty():
            return
        payment = self.books.payments.get(self.path.rsplit("/", 1)[-1])
        if payment is None:
            self._answer(404, {"status": 404, "title": "Not Found"})
        else:
            self._answer(200, _shown(self.books, payment))

    def do_POST(self) -> None:
        """Make a payment or a refund."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        if self._faulty():
            return
        with self.books.lock:
            self.books.seen.append(body)
            if self.path.endswith("/refunds"):
                self.books.refunds.append((self.path.split("/")[-2], body["amount"]["value"]))
                made: dict[str, Any] = {"resource": "refund", "status": "pending"}
            else:
                made = self._payment(body)
        if self.books.fault == "lost_answer":
            self.connection.close()
            return
        self._answer(201, made)

    def _payment(self, body: dict[str, Any]) -> dict[str, Any]:
        key = self.headers.get("Idempotency-Key", "")
        reference = self.books.keys.get(key)
        if reference is None:
            reference = "tr_" + secrets.token_hex(5)
            self.books.keys[key] = reference
            self.books.payments[reference] = {"resource": "payment", "id": reference, "status": "open", **body}
        return _shown(self.books, self.books.payments[reference])

    def _faulty(self) -> bool:
        fault = self.books.fault
        if fault == "unauthorised" or self.headers.get("Authorization") != f"Bearer {self.books.key}":
            self._answer(401, {"status": 401, "title": "Unauthorized Request"})
        elif fault == "down":
            self._answer(503, {"status": 503, "title": "Service Unavailable"})
        elif fault == "slow":
            threading.Event().wait(2)
            self.connection.close()
        elif fault == "nonsense":
            self._answer(200, {"resource": "payment"})
        else:
            return False
        return True

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/hal+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def running(key: str, port: int = 0) -> Iterator[Books]:
    """The stand-in on a port of 127.0.0.1, until the block ends."""
    books = Books(key)
    handler = type("Handler", (_Handler,), {"books": books})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    books.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield books
    finally:
        server.shutdown()
        server.server_close()
