"""Plans, invoices, payments and codes on the real database, with the stand-in of the processor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest

from allconnects.billing import customers, invoices, leaving, licences, paper, payments, store, subscriptions, ubl
from allconnects.billing.catalog import tax_for
from allconnects.billing.errors import BillingRefused, ProcessorDown
from allconnects.billing.labels import TABLES
from allconnects.integrations.mollie.client import from_settings
from allconnects.integrations.mollie.standin import Books
from allconnects.kit.errors import NotFound
from allconnects.privacy import inventory
from tests.billing.conftest import CUSTOMER, DAY
from tests.waiting import PATIENCE_S

Bought = Callable[..., int]


def all_of(organisation: int) -> list[dict[str, Any]]:
    with store.session(organisation) as connection:
        return invoices.listed(connection)


def test_labels_and_schema_of_billing_agree(admin: psycopg.Connection) -> None:
    assert inventory.billing_problems(admin, TABLES) == []


def test_a_plan_is_invoiced_in_advance_and_once(bought: Bought) -> None:
    organisation = bought()
    (first,) = all_of(organisation)
    assert (first["net"], first["vat"], first["gross"]) == (Decimal("60.00"), Decimal("12.60"), Decimal("72.60"))
    for day, count in ((DAY, 1), (date(2026, 2, 27), 1), (date(2026, 2, 28), 2), (date(2026, 4, 30), 4)):
        for _ in range(2):
            with store.session(organisation) as connection:
                invoices.issue_due(connection, organisation, day)
        assert len(all_of(organisation)) == count
    assert [one["lines"][0]["from"] for one in reversed(all_of(organisation))] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30",
    ]  # fmt: skip


def test_numbers_have_no_gap_even_when_one_is_rolled_back(bought: Bought) -> None:
    first = bought(day=date(2031, 5, 1))
    (before,) = all_of(first)
    with pytest.raises(RuntimeError), store.session(first) as connection:  # noqa: PT012
        invoices.issue_due(connection, first, date(2031, 6, 1))
        raise RuntimeError("the power went")
    (after,) = all_of(bought(day=date(2031, 5, 2)))
    assert int(after["number"][-5:]) == int(before["number"][-5:]) + 1


def test_two_who_press_at_once_get_one_plan(billing: Path, tenant: int) -> None:
    with store.session(tenant) as connection:
        customers.set_customer(connection, tenant, CUSTOMER)
    refused: list[Exception] = []

    def press() -> None:
        try:
            with store.session(tenant) as connection:
                subscriptions.subscribe(connection, tenant, "fleet", 5, DAY)
        except BillingRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE_S)
    assert len(refused) == 1
    assert len(all_of(tenant)) == 1


def test_more_counts_at_once_and_fewer_from_the_next_period(bought: Bought) -> None:
    organisation = bought(day=date(2026, 3, 1))
    with store.session(organisation) as connection:
        subscriptions.change_quantity(connection, organisation, 12, date(2026, 3, 22))
        subscriptions.change_quantity(connection, organisation, 4, date(2026, 3, 23))
    extra = all_of(organisation)[0]
    assert extra["lines"][0]["price"] == "1.94"  # ten days of thirty-one of 6.00
    assert extra["net"] == Decimal("3.88")
    with store.session(organisation) as connection:
        assert (subscriptions.current(connection, date(2026, 3, 24)) or {})["quantity"] == 12
        invoices.issue_due(connection, organisation, date(2026, 4, 1))
        assert (subscriptions.current(connection, date(2026, 4, 1)) or {})["quantity"] == 4
    assert all_of(organisation)[0]["net"] == Decimal("24.00")


def test_an_end_comes_when_what_is_paid_for_ends(bought: Bought) -> None:
    organisation = bought(day=date(2026, 3, 1))
    with store.session(organisation) as connection:
        assert subscriptions.cancel(connection, date(2026, 3, 9)) == date(2026, 4, 1)
        subscriptions.go_on(connection, date(2026, 3, 10))
        subscriptions.cancel(connection, date(2026, 3, 11))
        assert invoices.issue_due(connection, organisation, date(2026, 5, 1)) == []
        assert subscriptions.current(connection, date(2026, 4, 1)) is None
        subscriptions.subscribe(connection, organisation, "fleet-year", 1, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("country", "number", "category", "percent"),
    [("BE", "BE0417497106", "S", 21), ("BE", "", "S", 21), ("NL", "NL123456789B01", "AE", 0), ("NL", "", "S", 21),
     ("CH", "", "G", 0)],
)  # fmt: skip
def test_tax_follows_who_buys(country: str, number: str, category: str, percent: int) -> None:
    tax = tax_for("BE", country, number, DAY)
    assert (tax.category, tax.percent) == (category, percent)


def test_the_electronic_invoice_adds_up_and_names_what_peppol_asks(bought: Bought) -> None:
    organisation = bought(quantity=7)
    row = all_of(organisation)[0]
    root = ElementTree.fromstring(ubl.write(row))
    assert ubl.write(row) == ubl.write(row)
    name = {"b": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
            "a": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"}  # fmt: skip
    text = lambda path: [one.text for one in root.findall(path, name)]  # noqa: E731
    lines = sum(Decimal(one) for one in text("a:InvoiceLine/b:LineExtensionAmount") if one)
    assert text("a:LegalMonetaryTotal/b:LineExtensionAmount") == [str(lines)]  # BR-CO-10
    assert text("a:LegalMonetaryTotal/b:TaxInclusiveAmount") == [str(row["net"] + row["vat"])]  # BR-CO-15
    assert text("a:TaxTotal/a:TaxSubtotal/a:TaxCategory/b:Percent") == ["21"]
    assert text("a:AccountingCustomerParty/a:Party/b:EndpointID") == ["0417497106"]
    assert text("b:BuyerReference") == ["PO 7"]
    for line in root.findall("a:InvoiceLine", name):
        each = Decimal(line.findtext("a:Price/b:PriceAmount", "", name))
        assert each * int(line.findtext("b:InvoicedQuantity", "", name)) == Decimal(
            line.findtext("b:LineExtensionAmount", "", name)
        )


def test_another_member_state_pays_its_tax_itself(bought: Bought) -> None:
    row = all_of(bought(country="NL", vat_number="NL123456789B01"))[0]
    assert row["vat"] == 0
    assert b"VATEX-EU-AE" in ubl.write(row)


def test_the_paper_is_in_the_language_of_the_customer_and_the_same_each_time(bought: Bought) -> None:
    row = all_of(bought())[0]
    assert paper.write(row) == paper.write(row)
    assert paper.write(row).startswith(b"%PDF")


def test_an_invoice_never_changes_and_is_corrected_by_a_note(bought: Bought, admin: psycopg.Connection) -> None:
    organisation = bought()
    number = all_of(organisation)[0]["number"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), store.session(organisation) as connection:
        connection.execute("UPDATE billing_invoice SET net = 0")
    with pytest.raises(psycopg.errors.RaiseException):
        admin.execute("UPDATE billing_invoice SET buyer = '{}' WHERE number = %s", (number,))
    with store.session(organisation) as connection:
        note = invoices.credit(connection, organisation, number, DAY)
        with pytest.raises(BillingRefused):
            invoices.credit(connection, organisation, number, DAY)
    shown = {one["number"]: one for one in all_of(organisation)}
    assert shown[number]["state"] == "credited"
    assert b"<CreditNote " in ubl.write(shown[note])


def test_another_organisation_sees_nothing(bought: Bought) -> None:
    mine, other = bought(), bought()
    number = all_of(mine)[0]["number"]
    with store.session(other) as connection, pytest.raises(NotFound):
        invoices.invoice(connection, number)
    assert number not in {one["number"] for one in all_of(other)}


def start(organisation: int, number: str) -> str:
    found = from_settings()
    assert found is not None
    return payments.start(
        found, organisation, number, back_url="http://x.example/", hook_url="http://x.example/{payment}/", language="nl"
    )


def told(organisation: int, books: Books) -> str:
    """The webhook of the newest payment."""
    year, payment = books.seen[-1]["webhookUrl"].split("/")[-3:-1]
    found = from_settings()
    assert found is not None
    return payments.told_about(found, organisation, int(year), payment)  # type: ignore[arg-type]


def test_a_payment_is_believed_only_after_asking_back(bought: Bought, mollie: Books) -> None:
    organisation = bought()
    number = all_of(organisation)[0]["number"]
    assert start(organisation, number) == start(organisation, number)
    assert len(mollie.payments) == 1
    assert set(mollie.seen[0]) == {"amount", "description", "redirectUrl", "webhookUrl", "locale"}
    assert told(organisation, mollie) == "open"
    assert all_of(organisation)[0]["state"] == "open"
    (reference,) = mollie.payments
    mollie.settle(reference, "paid", tell=False)
    for _ in range(2):
        assert told(organisation, mollie) == "paid"
    assert all_of(organisation)[0]["state"] == "paid"
    mollie.settle(reference, "failed", tell=False)
    assert told(organisation, mollie) == "paid"
    with store.session(organisation) as connection:
        row = store.one(connection, "SELECT card_brand, card_last4 FROM billing_payment")
    assert row == {"card_brand": "Visa", "card_last4": "4242"}


@pytest.mark.parametrize("fault", ["down", "nonsense", "unauthorised", "lost_answer"])
def test_a_processor_that_fails_leaves_nothing_half_done(bought: Bought, mollie: Books, fault: str) -> None:
    organisation = bought()
    number = all_of(organisation)[0]["number"]
    mollie.fault = fault
    with pytest.raises(ProcessorDown):
        start(organisation, number)
    assert all_of(organisation)[0]["state"] == "open"
    mollie.fault = "none"
    start(organisation, number)
    mollie.settle(list(mollie.payments)[-1], "paid", tell=False)
    assert told(organisation, mollie) == "paid"


def test_another_amount_is_no_payment(bought: Bought, mollie: Books) -> None:
    organisation = bought()
    start(organisation, all_of(organisation)[0]["number"])
    (reference,) = mollie.payments
    mollie.settle(reference, "paid", tell=False)
    mollie.fault = "wrong_amount"
    assert told(organisation, mollie) == "open"
    assert all_of(organisation)[0]["state"] == "open"


def test_after_an_expired_page_there_is_a_new_one(bought: Bought, mollie: Books) -> None:
    organisation = bought()
    number = all_of(organisation)[0]["number"]
    first = start(organisation, number)
    mollie.settle(next(iter(mollie.payments)), "expired", tell=False)
    assert start(organisation, number) != first


def test_a_credit_note_pays_back(bought: Bought, mollie: Books) -> None:
    organisation = bought()
    number = all_of(organisation)[0]["number"]
    start(organisation, number)
    (reference,) = mollie.payments
    mollie.settle(reference, "paid", tell=False)
    told(organisation, mollie)
    found = from_settings()
    assert found is not None
    payments.give_back(found, organisation, number, DAY)
    assert mollie.refunds == [(reference, "72.60")]


def test_a_card_number_is_refused_by_the_database_itself(billing: Path, tenant: int) -> None:
    for field in ("name", "street", "reference", "phone"):
        with store.session(tenant) as connection, pytest.raises(BillingRefused, match="card"):
            customers.set_customer(connection, tenant, {**CUSTOMER, field: "4111 1111-1111 1111"})
    with pytest.raises(psycopg.errors.CheckViolation), store.session(tenant) as connection:
        connection.execute(
            "INSERT INTO billing_payment (year, id, organisation_id, invoice, processor, reference, amount, currency, "
            "state, card_last4, created_at, changed_at) VALUES (2026, gen_random_uuid(), %s, 'x', 'x', 'x', 1, 'EUR', "
            "'paid', '424242', now(), now())",
            (tenant,),
        )


def test_a_code_is_redeemed_once_and_by_one(billing: Path, bought: Bought) -> None:
    code = licences.issue("fleet-year", 12, 20)
    mine, other = bought(), bought()
    with store.session(mine) as connection:
        got = licences.redeem(connection, mine, code, DAY)
    assert (got["valid_from"], got["valid_to"]) == (DAY, date(2027, 1, 31))
    for organisation in (mine, other):
        with store.session(organisation) as connection, pytest.raises(BillingRefused):
            licences.redeem(connection, organisation, code, DAY)
    with store.session(mine) as connection:
        following = licences.redeem(connection, mine, licences.issue("fleet-year", 12, 20), DAY)
    assert following["valid_from"] == date(2027, 1, 31)
    withdrawn = licences.issue("fleet-year", 12, 1)
    assert licences.revoke(withdrawn[-4:]) >= 1
    with store.session(mine) as connection, pytest.raises(BillingRefused, match="withdrawn"):
        licences.redeem(connection, mine, withdrawn, DAY)


def test_the_books_of_a_year_go_when_law_lets_them(bought: Bought, admin: psycopg.Connection) -> None:
    organisation = bought(plan="fleet-year", day=date(2001, 3, 1))
    assert len(all_of(organisation)) == 1
    with pytest.raises(psycopg.errors.RaiseException), store.session(organisation) as connection:
        connection.execute("SELECT billing_drop_year(2001, 10, '2011-12-31')")
    with store.session(organisation) as connection:
        row = store.one(connection, "SELECT billing_drop_year(2001, 10, '2012-01-01') AS gone")
    assert row is not None
    assert row["gone"] >= 1
    assert all_of(organisation) == []


def test_who_leaves_ends_the_plan_and_the_books_stay(bought: Bought, admin: psycopg.Connection) -> None:
    """Twice, because a leaving that was interrupted does it again."""
    tenant = bought()
    before = all_of(tenant)
    assert before
    for _ in range(2):
        (stays,) = leaving.ended(tenant)
        assert (stays.what, stays.until[4:]) == ("invoices", "-12-31")
        with store.session(tenant) as connection:
            row = store.one(connection, "SELECT ends, cancelled_at FROM billing_subscription")
        assert row is not None
        assert None not in row.values()
    assert all_of(tenant) == before, "no invoice is touched"
