"""The owner's pages of billing, through the whole site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allconnects.integrations.mollie.standin import Books
from tests.billing.conftest import CUSTOMER


def test_where_nothing_is_billed_the_page_says_so(client_of: Callable[..., Any]) -> None:
    client = client_of("owner")
    assert b"bills nobody" in client.get("/billing/").content
    assert client.post("/billing/details/", CUSTOMER).status_code == 404


def test_an_owner_chooses_pays_and_gets_his_files(client_of: Callable[..., Any], stranger: Any, mollie: Books) -> None:
    owner = client_of("owner")
    assert b"Fill in who is billed first" in owner.get("/billing/").content
    wrong = owner.post("/billing/details/", {**CUSTOMER, "vat_number": "BE0417497107"}, follow=True)
    assert b"not a VAT number" in wrong.content
    owner.post("/billing/details/", CUSTOMER)
    page = owner.post("/billing/plan/", {"action": "subscribe", "plan": "fleet", "quantity": "3"}, follow=True)
    number = page.context["invoices"][0]["number"]
    assert owner.get(f"/billing/invoices/{number}.xml").content.startswith(b"<?xml")
    assert owner.get(f"/billing/invoices/{number}.pdf")["Content-Type"] == "application/pdf"
    checkout = owner.post(f"/billing/invoices/{number}/pay/")
    assert checkout["Location"].startswith(mollie.url + "/checkout/")
    (reference,) = mollie.payments
    mollie.settle(reference, "paid", tell=False)
    hook = urlsplit(mollie.payments[reference]["webhookUrl"]).path
    mollie.fault = "down"
    assert stranger.post(hook, {"id": "tr_forged"}).status_code == 503
    mollie.fault = "none"
    assert stranger.post(hook, {"id": "tr_forged"}).status_code == 200
    assert owner.get("/billing/").context["invoices"][0]["state"] == "paid"
    other = hook.rsplit("/", 2)[0] + "/00000000-0000-0000-0000-000000000000/"
    assert stranger.post(other).status_code == 200


def test_others_of_the_organisation_and_other_owners_get_nothing(
    client_of: Callable[..., Any], other_organisation: Any, mollie: Books
) -> None:
    owner = client_of("owner")
    owner.post("/billing/details/", CUSTOMER)
    page = owner.post("/billing/plan/", {"action": "subscribe", "plan": "fleet", "quantity": "1"}, follow=True)
    number = page.context["invoices"][0]["number"]
    assert client_of("manager").get("/billing/").status_code == 403
    stranger = client_of("owner", other_organisation)
    assert stranger.get(f"/billing/invoices/{number}.pdf").status_code == 404
    assert stranger.post(f"/billing/invoices/{number}/pay/").status_code == 404
    assert number.encode() not in stranger.get("/billing/").content


def test_a_processor_that_is_down_is_told_in_words(client_of: Callable[..., Any], mollie: Books) -> None:
    owner = client_of("owner")
    owner.post("/billing/details/", CUSTOMER)
    page = owner.post("/billing/plan/", {"action": "subscribe", "plan": "fleet", "quantity": "1"}, follow=True)
    number = page.context["invoices"][0]["number"]
    mollie.fault = "down"
    assert b"othing was charged" in owner.post(f"/billing/invoices/{number}/pay/", follow=True).content
