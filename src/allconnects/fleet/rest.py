"""What operations of the register have in common: cursor pages, ETags, idempotency keys."""

from __future__ import annotations

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
from allconnects.kit.paging import MOST, cursor_of, key_of

__all__ = [
    "MOST",
    "BeingAnswered",
    "KeyUsedOtherwise",
    "cursor_of",
    "key_of",
    "once",
    "replayed",
    "tagged",
    "version_in",
]


class KeyUsedOtherwise(AllconnectsError):
    """The idempotency key came with another request before."""

    code = "idempotency_key_reused"
    status = 422


class BeingAnswered(AllconnectsError):
    """The same request is being worked on."""

    code = "in_progress"
    status = 409


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
    if not _key(request):
        return status, answer()
    known, row = _claimed(request, who, status)
    if known is not None:
        return known.status, json.loads(bytes(known.body))
    made = answer()
    Reply.objects.filter(pk=row.pk).update(body=json.dumps(made, default=str).encode())
    return status, made


def replayed(request: HttpRequest, who: Who, run: Callable[[], HttpResponse]) -> HttpResponse:
    """The same for an operation as a whole. What refuses is rolled back with all that it did, this note among it.

    Raises KeyUsedOtherwise, BeingAnswered.
    """
    known, row = _claimed(request, who, 200)
    if known is not None:
        return HttpResponse(bytes(known.body), status=known.status, content_type="application/json")
    response = run()
    if response.status_code < 400:
        Reply.objects.filter(pk=row.pk).update(body=response.content, status=response.status_code)
    return response


def _key(request: HttpRequest) -> str:
    given = request.headers.get("Idempotency-Key", "").strip()
    if len(given) > 255:
        raise InvalidInput(_("The Idempotency-Key is too long."))
    return given


def _claimed(request: HttpRequest, who: Who, status: int) -> tuple[Reply | None, Reply]:
    """The answer that was given before, or None; and a row for the one to be given."""
    operation = f"{request.method} {request.path}"
    key_hash = hashlib.sha256(_key(request).encode()).hexdigest()
    body_hash = hashlib.sha256(operation.encode() + b"\n" + request.body).hexdigest()
    known = Reply.objects.filter(key_hash=key_hash).first()
    if known is not None:
        if known.body_hash != body_hash:
            raise KeyUsedOtherwise(_("This Idempotency-Key was used for another request."))
        return known, known
    try:
        with transaction.atomic():
            return None, Reply.objects.create(
                organisation=who.organisation, operation=operation[:100], key_hash=key_hash, body_hash=body_hash,
                status=status, body=b"null", made_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        raise BeingAnswered(_("The same request was being answered at this moment; ask again.")) from None
