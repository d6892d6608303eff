"""Purposes of reports as the registry of an organisation holds them: switched on and off there, asked for here."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import override

from allconnects.privacy.registry import book, gates
from allconnects.privacy.registry.purposes import PURPOSES
from allconnects.reports.purposes import purposes

PREFIX = "report."


def offer_all() -> None:
    """Name every purpose to the registry. Those that are on rest on the balancing test of reports."""
    (reports,) = [one for one in PURPOSES if one.key == "fleet.report"]
    with override("en"):
        for one in purposes().values():
            made = replace(
                reports, key=PREFIX + one.key, title=one.title, text=one.source, bases=(one.basis,), switchable=True,
                on=one.on, assessment=reports.assessment if one.on else None,
            )  # fmt: skip
            book.offer(made)


def declared(organisation: int) -> frozenset[str]:
    """Keys of purposes that this organisation may make reports for now."""
    on = gates.purposes_on(organisation)
    return frozenset(key.removeprefix(PREFIX) for key in on if key.startswith(PREFIX))
