"""What an edited registry must hold, and what makes a change material. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, get_args

from django.utils.translation import gettext as _

from allconnects.kit import labels
from allconnects.privacy.registry.models import Kind
from allconnects.privacy.registry.values import TEXTS, All, Values, is_switchable

KEY = re.compile(r"own-[a-z0-9][a-z0-9-]{0,50}")
_COUNTRY = re.compile(r"[A-Z]{2}")
BASES = tuple(one for one in get_args(labels.Basis) if one != "none")


def fault(kind: str, key: str, values: Values) -> str:
    """Why an entry cannot be so; empty when it can. A purpose that is off may be unfinished."""
    if kind == Kind.PURPOSE:
        return _purpose_fault(key, values) if values["on"] else _off_fault(key)
    if kind in (Kind.RECIPIENT, Kind.STORAGE) and not values["country"].strip():
        return _("Say in which country.")
    if kind == Kind.STORAGE and not _COUNTRY.fullmatch(values["country"]):
        return _("A country is two capitals, such as BE.")
    if kind == Kind.RECIPIENT and values["kind"] == "processor" and key.startswith("own-") and not values["contract"]:
        return _("A processor needs a contract (GDPR art. 28).")
    if kind == Kind.OBLIGATION and not values["citation"].strip():
        return _("An obligation needs the law and article that it rests on.")
    return ""


def _off_fault(key: str) -> str:
    if is_switchable(key):
        return ""
    return _("This purpose cannot be switched off: the platform does not work without it.")


def _purpose_fault(key: str, values: Values) -> str:
    bases = values["bases"]
    if not bases or not set(bases) <= set(BASES):
        return _("A purpose without a legal basis cannot be switched on.")
    if "consent" in bases and key.startswith(("fleet.", "report.")):
        return _("Workers are not free to refuse: what is known of them at work never rests on consent.")
    if "legitimate_interest" in bases and not (all(values[name].strip() for name in TEXTS) and values["safeguards"]):
        return _("A legitimate interest needs its balancing test: interest, necessity, balance and safeguards.")
    return ""


def is_overdue(values: Values, today: date) -> bool:
    """Whether a balancing test that an organisation decided has to be looked at again."""
    if not values.get("decided_on"):
        return False
    decided = date.fromisoformat(values["decided_on"])
    return (today - decided).days > int(values["review_months"]) * 30.44


def facts(found: Mapping[str, Mapping[str, Values]]) -> set[str]:
    """What people must be told beforehand when it is new: each fact one line, without the words that explain it."""
    return set(_facts(found))


def _facts(found: Mapping[str, Mapping[str, Values]]) -> Iterable[str]:
    for key, one in found.get(Kind.PURPOSE, {}).items():
        if one["on"]:
            yield f"purpose {key}"
            yield from (f"basis {key} {basis}" for basis in one["bases"])
    for key, one in found.get(Kind.RECIPIENT, {}).items():
        yield f"recipient {key} {one['kind']} {one['country']}"
    for key, one in found.get(Kind.STORAGE, {}).items():
        yield f"storage {key} {one['country']}"
    for key, one in found.get(Kind.OBLIGATION, {}).items():
        yield f"obligation {key} {one['days']}"


def changes(before: All, after: All) -> tuple[list[str], list[str]]:
    """Facts that come and facts that go."""
    old, new = facts(before), facts(after)
    return sorted(new - old), sorted(old - new)


def new_purposes(before: All, after: All) -> list[str]:
    """Keys of purposes that are switched on."""
    return [line.removeprefix("purpose ") for line in changes(before, after)[0] if line.startswith("purpose ")]


def clean(values: Mapping[str, Any]) -> Values:
    """Without what is empty in texts, so that equal things compare equal."""
    texts = {
        name: {language: text.strip() for language, text in by.items() if text.strip()}
        for name, by in values.get("texts", {}).items()
    }
    rest = {name: value for name, value in values.items() if name != "texts"}
    return {**rest, **({"texts": texts} if any(texts.values()) else {})}
