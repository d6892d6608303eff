"""Copies of a person's data that wait to be fetched go before the rows that name them."""

from __future__ import annotations

from uuid import UUID

from allconnects.privacy.erasure.ports import Work, effect
from allconnects.privacy.export.service import remove

_COPIES = "SELECT id FROM privacy_export WHERE organisation_id = %s AND (person = %s OR account = %s)"


@effect("stop", "privacy.exports")
def copies(work: Work) -> int:
    """Take the files away. Returns how many there were."""
    subject = work.subject
    found = work.connection.execute(_COPIES, (subject.organisation, subject.person, subject.account))
    return sum(remove(UUID(str(row[0]))) for row in found)
