"""A published notice of an organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg.types.json import Jsonb

from allconnects.privacy.registry import public
from allconnects.privacy.registry.values import as_shipped


def registry_things(run: Callable[..., Any], organisation: int) -> dict[str, Any]:
    """By the names that the matrix uses."""
    run(
        "INSERT INTO privacy_registry_notice (organisation_id, number, values, texts, digest, material, published_at, "
        "effective_on, dpia, told_others, actor) VALUES (%s, 1, %s, "
        """'{"nl": "# n", "fr": "# n", "en": "# n", "de": "# n"}', 'x', false, now(), '2099-01-01', '', '', """
        "'account:1') RETURNING id",
        (organisation, Jsonb(as_shipped())),
    )
    return {"$notice": 1, "$notices": public.token(organisation)}
