"""Amounts, periods, numbers and codes: pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allconnects.billing import licences, numbers
from allconnects.billing.errors import BillingRefused
from allconnects.billing.money import Amount, cents, months_after, period_of, share_of, structured_reference, tax_on

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_half_a_cent_goes_up() -> None:
    assert cents(Decimal("0.125")) == Decimal("0.13")
    assert tax_on(Decimal("10.50"), Decimal(21)) == Decimal("2.21")


@given(DAYS, st.sampled_from([1, 3, 12]), st.integers(0, 4000))
def test_each_day_lies_in_one_period_and_periods_follow_each_other(anchor: date, months: int, after: int) -> None:
    day = anchor + timedelta(days=after)
    start, end = period_of(anchor, months, day)
    assert start <= day < end
    assert period_of(anchor, months, end)[0] == end
    assert period_of(anchor, months, end - timedelta(days=1)) == (start, end)


def test_a_month_that_begins_on_the_31st_comes_back_to_it() -> None:
    assert [months_after(date(2026, 1, 31), n) for n in (1, 2, 13)] == [
        date(2026, 2, 28), date(2026, 3, 31), date(2027, 2, 28),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="before"):
        period_of(date(2026, 1, 2), 1, date(2026, 1, 1))


@given(st.integers(1, 10**5), st.decimals(0, 1000, places=2), st.fractions(0, 1))
def test_what_a_line_adds_is_its_quantity_times_its_printed_price(quantity: int, price: Decimal, share: object) -> None:
    amount = Amount(quantity, price, Decimal(share.numerator) / Decimal(share.denominator))  # type: ignore[attr-defined]
    assert amount.net == amount.unit_price * quantity


def test_the_share_of_a_period_counts_days() -> None:
    start, end = date(2026, 3, 1), date(2026, 4, 1)
    assert share_of(start, end, date(2026, 3, 31)) == Decimal(1) / 31
    assert share_of(start, end, start) == 1
    assert share_of(start, end, end) == 0


@given(st.integers(0, 10**10 - 1))
def test_a_structured_reference_checks_itself(number: int) -> None:
    digits = "".join(sign for sign in structured_reference(number) if sign.isdigit())
    assert len(digits) == 12
    assert int(digits[:10]) % 97 == int(digits[10:]) % 97
    assert 1 <= int(digits[10:]) <= 97


def test_enterprise_numbers_accounts_and_vat_numbers() -> None:
    assert numbers.belgian_enterprise("BE 0417.497.106")
    assert not numbers.belgian_enterprise("BE 0417.497.107")
    assert numbers.vat_number("be0123456749", "BE")
    assert not numbers.vat_number("NL123456789B01", "BE")
    assert numbers.vat_number("NL123456789B01", "NL")
    assert numbers.kept("be 417.497.106", "BE") == "BE0417497106", "written on invoices with all its digits"
    assert numbers.kept("nl 1234.56789 b01", "NL") == "NL123456789B01"
    assert numbers.vat_number("EL123456789", "GR")
    assert numbers.iban("BE68 5390 0754 7034")
    assert not numbers.iban("BE68 5390 0754 7035")


def test_a_licence_code_is_read_as_people_type_it() -> None:
    code = licences.new_code()
    assert licences.normal(code.lower().replace("-", " ")) == code.replace("-", "")


@given(st.integers(0, 18), st.integers(1, 30))
def test_one_wrong_sign_in_a_code_is_noticed(place: int, by: int) -> None:
    text = licences.normal(licences.new_code())
    value = licences.ALPHABET.index(text[place])
    other = (value + by) % 32
    if (place + 1) * (other - value) % 31 == 0:
        return  # 0 and 31 (the letter Z) are one and the same by 31
    with pytest.raises(BillingRefused):
        licences.normal(text[:place] + licences.ALPHABET[other] + text[place + 1 :])
