"""Members of an organisation: by address, found by words, page by page."""

from __future__ import annotations

from collections.abc import Sequence

from allconnects.accounts.models import Membership, Organisation
from allconnects.kit import paging, words


def page_of(organisation: Organisation, text: str, cursor: str, limit: int) -> tuple[Sequence[Membership], str]:
    """So many members in whose name or address every word stands, and the cursor of the next page.

    A cursor is a number, not an address: it stands in the bar of the browser. Raises InvalidInput for one that is
    none, and when its member is gone.
    """
    everybody = Membership.objects.filter(organisation=organisation)
    found = words.holding(everybody, words.words_of(text), ("account__name", "account__email"))
    if cursor:
        after = everybody.filter(pk=paging.number_of(cursor)).values_list("account__email", flat=True).first()
        if after is None:
            raise paging.gone()
        found = found.filter(account__email__gt=after)
    rows = list(found.select_related("account").order_by("account__email")[: limit + 1])
    return paging.cut(rows, limit, lambda one: paging.cursor_of(one.pk))


def count_of(organisation: Organisation) -> int:
    """How many members there are."""
    return Membership.objects.filter(organisation=organisation).count()
