"""Bringing subscribers along from an earlier list: only with what shows each consent, never the suppressed."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import TextIO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.consents import addresses, ledger, wordings
from allconnects.privacy.consents.models import Act, Deed, Method, Subscriber, Wording

COLUMNS = ("email", "language", "purpose", "given_on", "words")


def move_in(file: TextIO) -> Counter[str]:
    """Read a CSV with the columns ``COLUMNS``; ``words`` is the text that was agreed to. Whole or not at all.

    Returns how many were taken, suppressed, known or run_out. Raises InvalidInput with the line that is wrong.
    """
    reader = csv.DictReader(file)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InvalidInput(f"the columns must be {', '.join(COLUMNS)}")
    with transaction.atomic():
        return Counter(_each(reader))


def _each(rows: Iterable[dict[str, str]]) -> Iterable[str]:
    for number, row in enumerate(rows, start=2):
        try:
            yield _take(row)
        except (ValidationError, ValueError, NotFound, KeyError, TypeError, AttributeError):
            raise InvalidInput(f"line {number} is not a consent that can be shown") from None


def _take(row: dict[str, str]) -> str:
    email, given_on = addresses.normal(row["email"]), date.fromisoformat(row["given_on"])
    validate_email(email)
    asked, words, language = wordings.purpose(row["purpose"]), row["words"].strip(), row["language"]
    if language not in asked.texts or not words or given_on > clock.now().date():
        raise ValueError
    subject, expires = addresses.subject(email), asked.expires(datetime.combine(given_on, time(), UTC))
    if ledger.is_suppressed(subject.partition(":")[2]):
        return "suppressed"
    if Act.objects.filter(subject=subject, purpose=asked.key).exists():
        return "known"
    if expires <= clock.now():
        return "run_out"
    digest = hashlib.sha256("\n".join(("moved", asked.key, language, words)).encode()).hexdigest()
    wording, _new = Wording.objects.get_or_create(
        digest=digest,
        defaults={
            "purpose": asked.key, "language": language, "version": "moved", "controller": asked.controller,
            "text": words,
        },
    )  # fmt: skip
    Act.objects.create(
        subject=subject, purpose=asked.key, deed=Deed.GIVEN, method=Method.MOVED, origin=f"given {given_on}",
        wording=wording, nonce=ledger.nonce(), at=clock.now(), expires_at=expires,
    )  # fmt: skip
    Subscriber.objects.get_or_create(
        address_hash=addresses.hashed(email),
        defaults={"email": email, "language": language, "wants": [asked.key], "confirmed_at": clock.now()},
    )
    return "taken"
