"""The payment processor as billing sees it: a page of theirs takes the card, we learn what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from allconnects.billing.errors import BillingOff

STATES = ("open", "pending", "paid", "failed", "canceled", "expired", "refunded")


@dataclass(frozen=True, slots=True)
class Told:
    """What a processor says of one payment. Of a card: its last four digits and its brand, never more."""

    reference: str
    state: str
    amount: Decimal
    currency: str
    checkout_url: str = ""
    card_brand: str = ""
    card_last4: str = ""


class Processor(Protocol):
    """One processor. Every method raises ProcessorDown when it does not answer sensibly."""

    name: str

    def create(
        self, *, key: str, amount: Decimal, currency: str, text: str, back_url: str, hook_url: str, language: str
    ) -> Told:
        """Ask for a payment; asked again with the same key, it is the same payment."""
        ...

    def look(self, reference: str) -> Told:
        """What became of a payment."""
        ...

    def refund(self, reference: str, *, key: str, amount: Decimal, currency: str) -> None:
        """Pay an amount back."""
        ...


_factory: list[Callable[[], Processor | None]] = []


def register(factory: Callable[[], Processor | None]) -> None:
    """Say how the processor of this server is made; None where the operator has none."""
    _factory[:] = [factory]


def processor() -> Processor | None:
    """The processor of this server, if it has one."""
    return _factory[0]() if _factory else None


def needed() -> Processor:
    """The same. Raises BillingOff where there is none."""
    found = processor()
    if found is None:
        raise BillingOff("this server has no payment processor")
    return found
