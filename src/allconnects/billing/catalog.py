"""Who sells, what there is to buy and what tax is due: read from files, dated, with source and status."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from allconnects.billing import numbers
from allconnects.billing.errors import BillingOff
from allconnects.kit import clock, config
from allconnects.kit.clock import BRUSSELS as _ZONE
from allconnects.kit.errors import ConfigError

UNITS = ("vehicle", "flat")
FREE = "free"


@dataclass(frozen=True, slots=True)
class Seller:
    """The operator, as he stands on invoices."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    vat_number: str
    iban: str
    email: str
    bic: str = ""
    phone: str = ""
    days_to_pay: int = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """What is bought: ``price`` for each ``unit`` and ``months``, without tax. ``included``: units of a free plan."""

    code: str
    name: str
    unit: str
    price: Decimal
    months: int
    currency: str
    included: int = 0
    status: str = ""

    @property
    def free(self) -> bool:
        """Whether nothing is invoiced for it."""
        return self.price == 0


@dataclass(frozen=True, slots=True)
class Tax:
    """What is due on one invoice. ``category``: code of UNCL5305; ``exemption``: of the VATEX list."""

    category: str
    percent: Decimal
    source: str
    exemption: str = ""
    note: str = ""

    def as_json(self) -> dict[str, str]:
        """To be kept with the invoice."""
        return {
            "category": self.category, "percent": str(self.percent), "source": self.source,
            "exemption": self.exemption, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the operator's file says."""

    seller: Seller
    plans: Mapping[str, Plan] = field(default_factory=dict)


def on() -> bool:
    """Whether this server bills."""
    return config.current().billing_file is not None


def today() -> date:
    """The day by which periods begin: that of the operator's country."""
    return clock.now().astimezone(_ZONE).date()


def catalogue() -> Catalogue:
    """Of this server. Raises BillingOff, or ConfigError in one line for a file that is wrong."""
    path = config.current().billing_file
    if path is None:
        raise BillingOff("this server bills nobody")
    return _read(path)


@cache
def _read(path: Path) -> Catalogue:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"the file of ALLCONNECTS_BILLING_FILE cannot be read: {error}") from None
    own = given.get("plan") or _shipped("plans.toml")["plan"]
    plans = {one["code"]: one for one in map(_plan_fields, own)}
    return Catalogue(_seller(given.get("seller", {})), {code: _plan(one) for code, one in plans.items()})


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads((files("allconnects.billing") / name).read_text(encoding="utf-8"))


def _wrong(what: str) -> ConfigError:
    return ConfigError(f"the file of ALLCONNECTS_BILLING_FILE: {what}")


def _seller(given: dict[str, Any]) -> Seller:
    try:
        seller = Seller(**given)
    except TypeError as error:
        raise _wrong(f"[seller] {error}".replace("Seller.__init__() ", "")) from None
    if not numbers.vat_number(seller.vat_number, seller.country):
        raise _wrong("vat_number of [seller] is not one of its country")
    if not numbers.iban(seller.iban):
        raise _wrong("iban of [seller] is not right")
    return seller


def _plan_fields(given: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(given.get("code"), str) or not given["code"]:
        raise _wrong("each [[plan]] needs a code")
    return given


def _plan(given: dict[str, Any]) -> Plan:
    try:
        plan = Plan(**{**given, "price": Decimal(given["price"])})
    except (TypeError, KeyError, InvalidOperation):
        raise _wrong(f"plan {given['code']} lacks a field, has an unknown one, or its price is no number") from None
    if plan.unit not in UNITS or plan.price < 0 or not 1 <= plan.months <= 60:
        raise _wrong(f"plan {plan.code}: unit is one of {', '.join(UNITS)}, price 0 or more, months 1 to 60")
    return plan


def books_years() -> int:
    """How many years after its end the books of a year are kept."""
    return int(_shipped("taxes.toml")["books"]["years"])


def tax_for(seller_country: str, country: str, vat_number: str, day: date) -> Tax:
    """What a customer owes on a service. Raises ConfigError where no rate of the seller's country is known.

    A customer of another member state without a VAT number is taxed as at home; where that passes the threshold of
    art. 59c of the directive the seller must register there, which this does not do for him.
    """
    data = _shipped("taxes.toml")
    union = data["union"]["countries"]
    if country != seller_country and country not in union:
        return _rule(data, "outside", Decimal(0))
    if country != seller_country and vat_number:
        return _rule(data, "reverse", Decimal(0))
    rates = [one for one in data["rate"] if one["country"] == seller_country and one["from"] <= day.isoformat()]
    if not rates:
        raise ConfigError(f"no rate of VAT is known for {seller_country}: add it to taxes.toml")
    newest = max(rates, key=lambda one: str(one["from"]))
    return _rule(data, "domestic", Decimal(newest["percent"]), newest["source"])


def _rule(data: dict[str, Any], name: str, percent: Decimal, source: str = "") -> Tax:
    rule = data["rule"][name]
    return Tax(rule["category"], percent, source or rule["source"], rule.get("exemption", ""), rule.get("note", ""))
