"""Numbers that carry their own proof, and names of joint committees. Pure, but for the data file."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from allconnects.kit import enterprise

_COMMITTEE = re.compile(r"[1-3]\d\d(\.\d\d)?")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


def plate(text: str) -> str:
    """A number plate in capitals, with one dash between its groups."""
    return re.sub(r"[\s.\-_]+", "-", text.strip().upper()).strip("-")


def vin(text: str) -> str | None:
    """A chassis number in capitals; None when 17 signs hold a letter that ISO 3779 excludes (I, O, Q), or are no code.

    Machines and old vehicles have shorter ones, which prove nothing.
    """
    known = re.sub(r"[\s\-]+", "", text.upper())
    if len(known) == 17:
        return known if _VIN.fullmatch(known) else None
    return known if re.fullmatch(r"[A-Z0-9]{0,16}", known) else None


def enterprise_number(text: str) -> str | None:
    """The ten digits of a Belgian enterprise number; None when its check digits say otherwise (97 minus n mod 97)."""
    return enterprise.number(text)


def joint_committee(text: str) -> str | None:
    """The number of a joint committee, such as 124 or 140.03; None when it is none."""
    known = re.sub(r"^(PC|CP|PSC|SCP|JC)\s*", "", text.strip().upper()).replace(",", ".")
    return known if _COMMITTEE.fullmatch(known) else None


@cache
def committees() -> dict[str, dict[str, str]]:
    """Known joint committees: number to name by language, with ``source``, ``checked`` and ``status``."""
    table = tomllib.loads((files("allconnects.fleet") / "joint_committees.toml").read_text("utf-8"))["committees"]
    return {number: {key: str(value) for key, value in names.items()} for number, names in table.items()}


def committee_name(number: str, language: str) -> str:
    """The name of a joint committee, for German readers the French one where no German is official; else empty."""
    names = committees().get(number, {})
    return names.get(language) or names.get("fr" if language == "de" else "en", "")
