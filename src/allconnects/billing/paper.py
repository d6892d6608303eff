"""An invoice as PDF, in the customer's language. The same invoice gives the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from allconnects.billing.numbers import plain
from allconnects.kit.paper import compiled

NOTES = (
    gettext_noop("Reverse charge"),
    gettext_noop("Not subject to VAT in the European Union: customer established outside it"),
)
"""Of taxes.toml, so that they are translated."""


def write(row: dict[str, Any]) -> bytes:
    """The whole file of a row of ``billing_invoice``. Raises NotPrinted."""
    moment = datetime.combine(row["issued"], time(12), UTC)
    with override(row["buyer"]["language"]):
        return compiled("allconnects.billing", "invoice.typ", _data(row), at=moment.timestamp())[0]


def _data(row: dict[str, Any]) -> dict[str, Any]:
    seller, buyer = row["seller"], row["buyer"]
    return {
        "title": f"{_('Credit note') if row['kind'] == 'credit' else _('Invoice')} {row['number']}",
        "language": buyer["language"],
        "seller": [*_address(seller), seller["vat_number"], seller["email"]],
        "buyer": [*_address(buyer), buyer["vat_number"]],
        "about": _about(row),
        "heads": [_("What"), _("Quantity"), _("Each"), _("Net")],
        "lines": [_line(line) for line in row["lines"]],
        "totals": _totals(row),
        "notes": _notes(row),
        "footer": f"{seller['name']} · {seller['vat_number']} · {seller['iban']}",
    }


def _address(about: dict[str, Any]) -> list[str]:
    return [about["name"], about["street"], f"{about['postcode']} {about['city']}".strip(), about["country"]]


def _about(row: dict[str, Any]) -> list[list[str]]:
    found = [[_("Date"), _day(row["issued"])]]
    if row["kind"] == "invoice":
        found.append([_("To be paid by"), _day(row["due"])])
    if row["corrects"]:
        found.append([_("Corrects"), row["corrects"]])
    if row["buyer"]["reference"]:
        found.append([_("Your reference"), row["buyer"]["reference"]])
    return found


def _line(line: dict[str, Any]) -> list[str]:
    start, end = (_day(date.fromisoformat(line[name])) for name in ("from", "to"))
    return [
        f"{line['text']}, {start} – {end}", str(line["quantity"]), _money(Decimal(line["price"])),
        _money(Decimal(line["net"])),
    ]  # fmt: skip


def _totals(row: dict[str, Any]) -> list[list[str]]:
    percent = number_format(Decimal(row["tax"]["percent"]).normalize(), use_l10n=True)
    return [
        [_("Net"), _money(row["net"])],
        [_("VAT %(percent)s %%") % {"percent": percent}, _money(row["vat"])],
        [_("Total in %(currency)s") % {"currency": row["currency"]}, _money(row["gross"])],
    ]


def _notes(row: dict[str, Any]) -> list[str]:
    found = [_(row["tax"]["note"])] if row["tax"]["note"] else []
    if row["kind"] == "invoice" and row["gross"]:
        found.append(
            _("Please pay to %(iban)s with the message %(reference)s.")
            % {"iban": plain(row["seller"]["iban"]), "reference": row["payment_reference"]}
        )
    return found


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _money(amount: Decimal) -> str:
    return number_format(amount, 2, use_l10n=True, force_grouping=True)
