"""An invoice or credit note as Peppol BIS Billing 3.0 (UBL 2.1, EN 16931), which Belgian businesses must exchange among
themselves since 1 January 2026 (law of 6 February 2024).

The order of elements is that of the UBL schema; rules that are named are those of EN 16931 and Peppol.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from allconnects.billing.numbers import belgian_enterprise, kept, plain

_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_KBO, _EMAIL = "0208", "EM"
"""Electronic address schemes: Belgian enterprise number, e-mail."""
_ROOT = {"invoice": "Invoice", "credit": "CreditNote"}
_UNITS = {"vehicle": "C62", "flat": "C62"}
"""UN/ECE recommendation 20: C62 is one."""


def write(row: dict[str, Any]) -> bytes:
    """The document of a row of ``billing_invoice``. The same row gives the same bytes."""
    kind = _ROOT[row["kind"]]
    root = Element(
        kind,
        {"xmlns": f"urn:oasis:names:specification:ubl:schema:xsd:{kind}-2", "xmlns:cac": _CAC, "xmlns:cbc": _CBC},
    )
    _head(root, row)
    _party(SubElement(SubElement(root, "cac:AccountingSupplierParty"), "cac:Party"), row["seller"])
    _party(SubElement(SubElement(root, "cac:AccountingCustomerParty"), "cac:Party"), row["buyer"])
    _payment(root, row)
    _tax(root, row)
    _totals(root, row)
    for number, line in enumerate(row["lines"], 1):
        _line(root, number, line, row)
    indent(root)
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _head(root: Element, row: dict[str, Any]) -> None:
    _text(root, "CustomizationID", CUSTOMIZATION)
    _text(root, "ProfileID", PROFILE)
    _text(root, "ID", row["number"])
    _text(root, "IssueDate", row["issued"].isoformat())
    if row["kind"] == "invoice":
        _text(root, "DueDate", row["due"].isoformat())
        _text(root, "InvoiceTypeCode", "380")
    else:
        _text(root, "CreditNoteTypeCode", "381")
    _text(root, "DocumentCurrencyCode", row["currency"])
    _text(root, "BuyerReference", row["buyer"]["reference"] or row["number"])  # PEPPOL-EN16931-R003
    period = SubElement(root, "cac:InvoicePeriod")
    _text(period, "StartDate", min(line["from"] for line in row["lines"]))
    _text(period, "EndDate", max(line["to"] for line in row["lines"]))
    if row["corrects"]:
        reference = SubElement(SubElement(root, "cac:BillingReference"), "cac:InvoiceDocumentReference")
        _text(reference, "ID", row["corrects"])


def _party(party: Element, about: dict[str, Any]) -> None:
    scheme, address = _address(about)
    _text(party, "EndpointID", address, schemeID=scheme)
    place = SubElement(party, "cac:PostalAddress")
    for name, value in (
        ("StreetName", about["street"]), ("CityName", about["city"]), ("PostalZone", about["postcode"]),
    ):  # fmt: skip
        if value:
            _text(place, name, value)
    _text(SubElement(place, "cac:Country"), "IdentificationCode", about["country"])
    if about["vat_number"]:
        tax = SubElement(party, "cac:PartyTaxScheme")
        _text(tax, "CompanyID", kept(about["vat_number"], about["country"]))
        _text(SubElement(tax, "cac:TaxScheme"), "ID", "VAT")
    legal = SubElement(party, "cac:PartyLegalEntity")
    _text(legal, "RegistrationName", about["name"])
    if scheme == _KBO:
        _text(legal, "CompanyID", address, schemeID=_KBO)
    if about.get("email"):
        _text(SubElement(party, "cac:Contact"), "ElectronicMail", about["email"])


def _address(about: dict[str, Any]) -> tuple[str, str]:
    if about["country"] == "BE" and belgian_enterprise(about["vat_number"]):
        return _KBO, kept(about["vat_number"], "BE").removeprefix("BE")
    return _EMAIL, about["email"]


def _payment(root: Element, row: dict[str, Any]) -> None:
    means = SubElement(root, "cac:PaymentMeans")
    _text(means, "PaymentMeansCode", "30")  # UNCL4461: credit transfer
    _text(means, "PaymentID", row["payment_reference"])
    account = SubElement(means, "cac:PayeeFinancialAccount")
    _text(account, "ID", plain(row["seller"]["iban"]))
    if row["seller"].get("bic"):
        _text(SubElement(account, "cac:FinancialInstitutionBranch"), "ID", row["seller"]["bic"])


def _tax(root: Element, row: dict[str, Any]) -> None:
    total = SubElement(root, "cac:TaxTotal")
    _amount(total, "TaxAmount", row["vat"], row)
    part = SubElement(total, "cac:TaxSubtotal")
    _amount(part, "TaxableAmount", row["net"], row)
    _amount(part, "TaxAmount", row["vat"], row)
    _category(SubElement(part, "cac:TaxCategory"), row["tax"], reason=True)


def _category(place: Element, tax: dict[str, str], *, reason: bool = False) -> None:
    _text(place, "ID", tax["category"])
    _text(place, "Percent", tax["percent"])
    if reason and tax["exemption"]:
        _text(place, "TaxExemptionReasonCode", tax["exemption"])
        _text(place, "TaxExemptionReason", tax["note"])
    _text(SubElement(place, "cac:TaxScheme"), "ID", "VAT")


def _totals(root: Element, row: dict[str, Any]) -> None:
    total = SubElement(root, "cac:LegalMonetaryTotal")
    for name, amount in (
        ("LineExtensionAmount", row["net"]), ("TaxExclusiveAmount", row["net"]), ("TaxInclusiveAmount", row["gross"]),
        ("PayableAmount", row["gross"]),
    ):  # fmt: skip
        _amount(total, name, amount, row)


def _line(root: Element, number: int, line: dict[str, Any], row: dict[str, Any]) -> None:
    credit = row["kind"] == "credit"
    place = SubElement(root, "cac:CreditNoteLine" if credit else "cac:InvoiceLine")
    _text(place, "ID", str(number))
    name = "CreditedQuantity" if credit else "InvoicedQuantity"
    _text(place, name, str(line["quantity"]), unitCode=_UNITS[line["unit"]])
    _amount(place, "LineExtensionAmount", Decimal(line["net"]), row)
    period = SubElement(place, "cac:InvoicePeriod")
    _text(period, "StartDate", line["from"])
    _text(period, "EndDate", line["to"])
    item = SubElement(place, "cac:Item")
    _text(item, "Name", line["text"])
    _category(SubElement(item, "cac:ClassifiedTaxCategory"), row["tax"])
    _amount(SubElement(place, "cac:Price"), "PriceAmount", Decimal(line["price"]), row)


def _amount(place: Element, name: str, amount: Decimal, row: dict[str, Any]) -> None:
    _text(place, name, f"{amount:.2f}", currencyID=row["currency"])


def _text(place: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(place, f"cbc:{name}", attributes).text = text
