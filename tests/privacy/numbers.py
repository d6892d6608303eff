"""Made-up national numbers: right by their check digits, of days that nobody was registered on with such ends."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from allconnects.privacy.numbers.rules import check_digits


def made(day: date, number: int, month_more: int = 0) -> str:
    """The national number of a birth (bis: 20 or 40 more on the month) with that number of the day."""
    first = f"{day.year % 100:02d}{day.month + month_more:02d}{day.day:02d}{number:03d}"
    return first + check_digits(first, day.year // 100)


NUMBERS = st.builds(
    made, st.dates(date(1901, 1, 1), date(2090, 12, 31)), st.integers(1, 998), st.sampled_from((0, 20, 40))
)
PLANTED = made(date(1985, 7, 30), 987)
OTHER = made(date(2004, 2, 29), 986, 40)
