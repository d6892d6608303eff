"""Amounts to the cent and days of periods. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Rounded half up, as EN 16931 asks of amounts."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def months_after(anchor: date, months: int) -> date:
    """The same day so many months on, or the last day of a shorter month."""
    place = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(place, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor.day, last))


def period_of(anchor: date, months: int, day: date) -> tuple[date, date]:
    """First day and end (exclusive) of the period that a day lies in. Raises ValueError for a day before the anchor."""
    if day < anchor:
        raise ValueError("before the first period")
    number = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    if months_after(anchor, number * months) > day:
        number -= 1
    elif months_after(anchor, (number + 1) * months) <= day:
        number += 1
    return months_after(anchor, number * months), months_after(anchor, (number + 1) * months)


@dataclass(frozen=True, slots=True)
class Amount:
    """A line of an invoice: ``quantity`` × ``price`` × ``share`` of the period."""

    quantity: int
    price: Decimal
    share: Decimal = Decimal(1)

    @property
    def unit_price(self) -> Decimal:
        """Price of one for the days that are invoiced, to the cent, so that quantity × it is the line's net."""
        return cents(self.price * self.share)

    @property
    def net(self) -> Decimal:
        """What the line adds, without tax."""
        return cents(self.unit_price * self.quantity)


def share_of(start: date, end: date, first: date) -> Decimal:
    """How much of a period [start, end) is left from a day on, by days."""
    left = max(timedelta(0), end - max(first, start))
    return Decimal(left.days) / Decimal((end - start).days)


def tax_on(net: Decimal, percent: Decimal) -> Decimal:
    """Tax on the sum of a category, not on each line (EN 16931, BR-CO-17)."""
    return cents(net * percent / 100)


def structured_reference(number: int) -> str:
    """Belgian structured communication: ten digits and two that check them, +++123/4567/89002+++."""
    body = f"{number % 10**10:010d}"
    check = int(body) % 97 or 97
    digits = f"{body}{check:02d}"
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
