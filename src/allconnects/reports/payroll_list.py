"""Months of people for payroll, page by page: found by words and by whether they are approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allconnects.kit import paging
from allconnects.kit.errors import InvalidInput
from allconnects.kit.words import holds_all, words_of
from allconnects.reports.classifying import last_day
from allconnects.reports.data.sql import all_rows
from allconnects.reports.definition import Ask
from allconnects.reports.payroll import ORDER, PEOPLE, PersonMonth, filled, values_of
from allconnects.reports.purposes import purposes

_APPROVED: Final = """EXISTS (SELECT FROM reports_payrollmonth a WHERE a.organisation_id = p.organisation_id
    AND a.person_id = p.id AND a.month = %(first)s AND a.reopened_at IS NULL)"""
_PAGE: Final = f"""{PEOPLE}
      AND (%(after)s::uuid IS NULL OR (lower(p.last_name), lower(p.first_name), p.id) > (
          SELECT lower(a.last_name), lower(a.first_name), a.id FROM fleet_person a WHERE a.id = %(after)s))
      AND {holds_all("p.first_name || ' ' || p.last_name || ' ' || p.number")}
      AND (%(state)s = '' OR (%(state)s = 'approved') = {_APPROVED}){ORDER} LIMIT %(limit)s"""
_COUNTS: Final = f"""
    SELECT count(*), count(*) FILTER (WHERE {_APPROVED}) FROM fleet_person p
    WHERE p.organisation_id = %(organisation)s
      AND (p.active_from IS NULL OR p.active_from <= %(last)s)
      AND (p.active_until IS NULL OR p.active_until >= %(first)s)
      AND (p.archived_at IS NULL OR p.archived_at >= %(begin)s)"""


def page_of(
    organisation: int, month: date, text: str = "", state: str = "", cursor: str = "", limit: int = 50
) -> tuple[list[PersonMonth], str]:
    """So many people by name, in whose name or number every word stands, and the cursor of the next page.

    ``state``: ``approved`` (also where figures changed since), ``open``, or empty for all. Raises InvalidInput.
    """
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["payroll"], noted=False)
    asked = {"person": None, "after": _person(cursor), "words": words_of(text), "state": state, "limit": limit + 1}
    rows, following = paging.cut(all_rows(_PAGE, values_of(ask) | asked), limit, lambda row: paging.cursor_of(row[0]))
    people = tuple(row[0] for row in rows)
    return (filled(replace(ask, people=people), rows) if people else []), following


def _person(cursor: str) -> UUID | None:
    try:
        return UUID(paging.key_of(cursor)) if cursor else None
    except ValueError:
        raise InvalidInput(_("This cursor is none of ours.")) from None


def counts_of(organisation: int, month: date) -> tuple[int, int]:
    """How many people a month has, and of how many it is approved."""
    ask = Ask(organisation=organisation, first=month, last=last_day(month), purpose=purposes()["payroll"])
    ((people, approved),) = all_rows(_COUNTS, values_of(ask))
    return people, approved
