"""Privacy labels of the tables of this room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from allconnects.kit.labels import Category, Export, Identifiability, Label, ages, labelled

T = TypeVar("T")


def tenant_table(
    *, found: Any = (), nobody: Any = "", root: Any = "", **columns: Label
) -> Callable[[type[T]], type[T]]:
    """Class decorator: a table of an organisation that pages and API may change and the worker clears out."""
    decorate = cast(Any, labelled)(
        tenant="organisation_id", web="SELECT, INSERT, UPDATE, DELETE", worker="SELECT, DELETE",
        found=found, nobody=nobody, root=root, **columns,
    )  # fmt: skip
    return cast(Callable[[type[T]], type[T]], decorate)


def share_label(
    category: Category, identifiability: Identifiability = "pseudonymous", export: Export = "derived", because: str = ""
) -> Label:
    """A column of a link that shows where something is, and so, by who drives it, where somebody is."""
    return Label(
        category, "location", "driver", identifiability, "fleet.dispatch", "legitimate_interest", "share",
        "delete_row", export, excluded_because=because,
    )  # fmt: skip


def own_label(category: Category, schema: str = "") -> Label:
    """A column of what an account keeps for itself."""
    return Label(
        category, "account", "account_holder", "pseudonymous", "account.provide", "contract", "relation",
        "delete_row", "provided", schema,
    )  # fmt: skip


def message_label(
    category: Category, identifiability: Identifiability = "pseudonymous", export: Export = "derived"
) -> Label:
    """A column of what was written between the office and a driver."""
    return Label(
        category, "product_service", "employee", identifiability, "fleet.dispatch", "legitimate_interest", "message",
        "delete_row", export,
    )  # fmt: skip


USE = Label(
    "user.unique_id.pseudonymous", "location", "driver", "pseudonymous", "fleet.dispatch", "legitimate_interest",
    "trip", "delete_row", "derived",
)  # fmt: skip
USE_MEASURED = replace(USE, category="user.device.telemetry")
SHARE = share_label("user.device")
SHARE_BY = share_label("user.account")
SHARE_NAME = share_label("user.device", export="provided")
SHARE_HASH = share_label(
    "user.authorization.credentials", export="excluded",
    because="a hash of the link's secret; disclosing it helps nobody but a forger",
)  # fmt: skip
OWN = own_label("user.settings")
OWN_FILTERS = own_label("user.settings", "search words, filters and place of the map, as the person set them")
MESSAGE = message_label("user.account")
MESSAGE_BY = message_label("user.account", "indirect")
MESSAGE_TEXT = message_label("user.social", "indirect", "provided")

ages("live_message", "{t}.at", "live.forget")
ages("live_share", "{t}.ends_at", "live.forget")
ages("live_share_device", "(SELECT s.ends_at FROM live_share s WHERE s.id = {t}.share_id)", "live.forget")
ages("live_use", "{t}.day", "live.count_today")
ages("telemetry_command", "{t}.created_at", "live.forget")
