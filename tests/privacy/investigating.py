"""A look into what somebody did, as one asks for it and another grants it."""

from __future__ import annotations

from datetime import date
from typing import Any

from allconnects.accounts.actor import Actor, acting
from allconnects.accounts.models import Account
from allconnects.accounts.tenancy import speaking_for
from allconnects.privacy.investigations import service
from allconnects.privacy.investigations.models import Investigation

REASON = "A van was found open in the morning, and its load was gone."

WHY_LATER = "Who took the load may still have it, and would hide it."


def wanted(first_day: date, last_day: date, **given: Any) -> service.Wanted:
    """What is asked, of trips unless something else is said."""
    return service.Wanted(
        **{
            "ground": "theft",
            "what": ["trips"],
            "reason": REASON,
            "first_day": first_day,
            "last_day": last_day,
            "delay_because": WHY_LATER,
            **given,
        }
    )


def asked(organisation: int, by: Account, /, **given: Any) -> Investigation:
    """A case that waits."""
    with speaking_for(organisation), acting(Actor(f"account:{by.pk}", "manager")):
        return service.ask(organisation, wanted(**given), by)


def granted(organisation: int, by: Account, decider: Account, /, **given: Any) -> Investigation:
    """A case that is open."""
    made = asked(organisation, by, **given)
    with speaking_for(organisation), acting(Actor(f"account:{decider.pk}", "owner")):
        return service.decide(made.pk, decider, grant=True, because="needed for the insurer")
