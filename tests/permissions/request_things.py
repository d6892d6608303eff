"""What the first organisation has of requests, for the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def request_things(run: Callable[..., Any], pk: int) -> dict[str, Any]:
    """A case with a letter."""
    case = run(
        'INSERT INTO privacy_case (id, organisation_id, reference, "right", channel, state, language, received_on, '
        "registered_at, due_on, wanted_on, extension_reason, name, email, address, words, identity, code_hash, "
        "code_tries, message_hash, result) VALUES (gen_random_uuid(), %s, 'PR-26-0000000', 'access', 'post', "
        "'received', 'nl', current_date, now(), current_date + 30, current_date + 25, '', 'n', '', '', '', '', '', 0, "
        "'', '{}') RETURNING id",
        (pk,),
    )
    letter = run(
        "INSERT INTO privacy_case_letter (organisation_id, case_id, kind, language, subject, body, sha256, made_at, "
        "way, attempts) VALUES (%s, %s, 'receipt', 'nl', 's', 'b', '', now(), 'paper', 0) RETURNING id",
        (pk, case),
    )
    disclosure = run(
        "INSERT INTO privacy_disclosure (id, organisation_id, authority, ground, instrument, instrument_on, checked, "
        "necessity, person, what, first_day, last_day, state, bar, proposed_at, sha256) VALUES (gen_random_uuid(), %s, "
        "'a', 'judicial', '1', current_date, 'c', 'n', gen_random_uuid(), '{days}', current_date, current_date, "
        "'proposed', '', now(), '') RETURNING id",
        (pk,),
    )
    investigation = run(
        "INSERT INTO privacy_investigation (id, organisation_id, ground, person, what, first_day, last_day, reason, "
        "delay_days, delay_because, state, because, asked_at) VALUES (gen_random_uuid(), %s, 'theft', "
        "gen_random_uuid(), '{trips}', current_date, current_date, 'r', 0, '', 'asked', '', now()) RETURNING id",
        (pk,),
    )
    return {
        "$investigation": str(investigation),
        "$disclosure": str(disclosure),
        "$case": str(case),
        "$case_letter": letter,
    }
