"""Billing's tables, brought to this version, where the operator bills."""

from __future__ import annotations

from allconnects.billing.labels import grants
from allconnects.kit import bootstrap, config, db
from allconnects.kit.errors import AllconnectsError

STEPS = ("schema.sql",)
"""The files that make the schema, in order; a new version of it is a new file."""
_LOCK = 0x616C6C62


class BillingError(AllconnectsError):
    """The database of billing cannot be used by this version."""

    code = "billing"


def migrate() -> None:
    """Make what is missing; nothing where nothing is billed. Raises BootstrapError or BillingError in one line."""
    if config.current().billing_file is None:
        return
    bootstrap.bootstrap_side(db.BILLING)
    newer = BillingError("the database of billing was made by a newer version of allconnects; install that version")
    bootstrap.bring_up_side(db.BILLING, "allconnects.billing", STEPS, grants(), lock=_LOCK, newer=newer)
