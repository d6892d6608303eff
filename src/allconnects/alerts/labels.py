"""Privacy labels of the tables of this room."""

from __future__ import annotations

from allconnects.kit.labels import Category, Export, Identifiability, Label, ages


def alert_label(
    category: Category,
    identifiability: Identifiability = "pseudonymous",
    export: Export = "derived",
    erasure: str = "delete_row",
    schema: str = "",
) -> Label:
    """A column of what a rule found: by who drove, about a person."""
    return Label(
        category, "product_service", "driver", identifiability, "fleet.dispatch", "legitimate_interest", "alert",
        erasure, export, schema,
    )  # fmt: skip


def told_label(category: Category, erasure: str = "delete_row", export: Export = "derived", schema: str = "") -> Label:
    """A column about somebody who is told of alerts, or handled one."""
    return Label(
        category, "product_service", "account_holder", "pseudonymous", "fleet.dispatch", "legitimate_interest",
        "alert", erasure, export, schema,
    )  # fmt: skip


def receiver_label(category: Category, export: Export = "provided", because: str = "") -> Label:
    """A column about how an account wants to be told: it lives as long as the account."""
    return Label(
        category, "product_service", "account_holder", "pseudonymous", "account.provide", "contract", "relation",
        "delete_row", export, excluded_because=because,
    )  # fmt: skip


FOUND = alert_label("user.device.telemetry")
PLACE = alert_label("user.location.precise", erasure="nullify")
ABOUT = alert_label("user.device")
STEP = told_label("user.account")
WHO = told_label("user.unique_id", "nullify")
TOLD = told_label("user.account")
SUBSCRIBED = receiver_label("user.settings")
PUSH_SECRET = receiver_label(
    "user.authorization.credentials", "excluded", "lets a server reach the browser; disclosing it helps nobody else"
)

_EVENT = "(SELECT greatest(a.start_at, a.changed_at) FROM alerts_alert a WHERE a.id = {t}.alert_id)"
ages("alerts_alert", "greatest({t}.start_at, {t}.changed_at)", "alerts.forget")
ages("alerts_step", _EVENT, "alerts.forget")
ages("alerts_delivery", f"coalesce({_EVENT}, {{t}}.created_at)", "alerts.forget")
ages("alerts_waiting", "{t}.due_at")
