"""What can go wrong with billing, in words for the person who is billed."""

from __future__ import annotations

from allconnects.kit.errors import AllconnectsError, InvalidInput


class BillingOff(AllconnectsError):
    """This server bills nobody."""

    code = "billing_off"
    status = 404


class BillingRefused(InvalidInput):
    """What was asked does not fit what was agreed."""

    code = "billing_refused"


class ProcessorDown(AllconnectsError):
    """The payment processor does not answer, or not sensibly. Nothing was charged by us."""

    code = "processor_down"
    status = 502
