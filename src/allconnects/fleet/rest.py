"""What operations of the register have in common: cursor pages, ETags, idempotency keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from allconnects.fleet.models import Reply
from allconnects.fleet.who import Who
from allconnects.kit import clock
from allconnects.kit.errors import AllconnectsError, InvalidInput

MOST = 500


class KeyUsedOtherwise(AllconnectsError):
    """The idempotency key came with another request before."""

    code = "idempotency_key_reused"
    status = 422


class BeingAnswered(AllconnectsError):
    """The same request is being worked on."""

    code = "in_progress"
    status = 409


def cursor_of(key: object) -> str:
    """What names the row after which the next page begins."""
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def key_of(cursor: str) -> str:
    """The key in a cursor. Raises InvalidInput."""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidInput(_("This cursor is none of ours.")) from None


def version_in(request: HttpRequest) -> int | None:
    """The version that If-Match demands; None without or with ``*``. Raises InvalidInput."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    text = given.removeprefix("W/").strip('"')
    if not text.isdigit() or len(text) > 9:
        raise InvalidInput(_("If-Match must hold an ETag of this row."))
    return int(text)


def tagged(response: HttpResponse, version: int) -> None:
    """Say which version an answer shows."""
    response["ETag"] = f'"{version}"'


def once(request: HttpRequest, who: Who, answer: Callable[[], Any], status: int = 201) -> tuple[int, Any]:
    """Answer a POST; a second one with the same Idempotency-Key and body gets the first one's answer.

    Kept for a day. Raises KeyUsedOtherwise (the key came with another body), BeingAnswered.
    """
    given = request.headers.get("Idempotency-Key", "").strip()
    if not given:
        return status, answer()
    if len(given) > 255:
        raise InvalidInput(_("The Idempotency-Key is too long."))
    operation = f"{request.method} {request.path}"
    key_hash = hashlib.sha256(given.encode()).hexdigest()
    body_hash = hashlib.sha256(operation.encode() + b"\n" + request.body).hexdigest()
    known = Reply.objects.filter(key_hash=key_hash).first()
    if known is not None:
        if known.body_hash != body_hash:
            raise KeyUsedOtherwise(_("This Idempotency-Key was used for another request."))
        return known.status, json.loads(bytes(known.body))
    try:
        with transaction.atomic():
            row = Reply.objects.create(
                organisation=who.organisation, operation=operation[:100], key_hash=key_hash, body_hash=body_hash,
                status=status, body=b"null", made_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        raise BeingAnswered(_("The same request was being answered at this moment; ask again.")) from None
    made = answer()
    Reply.objects.filter(pk=row.pk).update(body=json.dumps(made, default=str).encode())
    return status, made
