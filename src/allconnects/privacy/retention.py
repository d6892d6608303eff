"""How long each class of data is kept: the default, the most that anybody may set, and why.

The clock starts at collection. Six years is the most for anything that a product collects.
"""

from __future__ import annotations

from dataclasses import dataclass

from allconnects.kit.labels import Table

MOST_DAYS = 6 * 365


@dataclass(frozen=True, slots=True)
class Rule:
    """Days that a class is kept. None: as long as what it belongs to lives."""

    default_days: float | None
    cap_days: float | None
    ground: str


LONGER = frozenset({"billing"})
"""What no product collects: the books, which a law asks for longer."""

RULES: dict[str, Rule] = {
    "relation": Rule(None, None, "GDPR art. 6(1)(b): as long as the account or the registration lasts"),
    "raw_position": Rule(60, MOST_DAYS, "at most two months (GBA/APD; CNIL NS-51); longer only where a law obliges"),
    "trip": Rule(365, 365, "at most a year, to plan rounds and to prove what was done (CNIL NS-51)"),
    "security_log": Rule(365, 365, "GDPR art. 32; a year covers what an investigation looks back on"),
    "audit": Rule(2 * 365, MOST_DAYS, "GDPR art. 5(2): to show what was done; entries hold no names and no places"),
    "breach": Rule(MOST_DAYS, MOST_DAYS, "GDPR art. 33(5): every breach is documented; six years are our most"),
    "access_log": Rule(
        730, 730, "GDPR art. 15, CJEU C-579/21: who consulted, when and why, can be asked for two years"
    ),
    "session": Rule(14, 30, "as long as a browser stays signed in"),
    "invitation": Rule(7, 30, "as long as its link is good, then it goes"),
    "occupancy": Rule(365, 5 * 365, "as long as hours and journeys that rest on it can be contested"),
    "change_history": Rule(730, 5 * 365, "GDPR art. 5(2): whoever changed data can be asked why"),
    "upload": Rule(1, 7, "long enough to look at the preview of an import and apply it"),
    "alert": Rule(180, 365, "GDPR art. 5(1)(e): long enough to follow up a fault, a theft or a claim"),
    "tax_logbook": Rule(2190, 2190, "Income Tax Code 1992, art. 315; six years are the most of our privacy policy"),
    "payroll": Rule(1826, 1826, "Royal Decree of 8 August 1980 on keeping social documents: five years"),
    "share": Rule(90, 365, "GDPR art. 5(2): long enough to say what a link has shown to whom it was given"),
    "message": Rule(180, 365, "GDPR art. 5(1)(e): long enough to look back on what was agreed for a job"),
    "command": Rule(365, 365, "GDPR art. 32: who changed or stopped what a device does can be asked why"),
    "consent": Rule(1826, 1826, "GDPR art. 7(1), 17(3)(e): shown for five years after it ran out"),
    "subscription": Rule(None, None, "GDPR art. 6(1)(a): until the consent is withdrawn or has run out"),
    "suppression": Rule(None, None, "GDPR art. 21(3): an objection to marketing holds for good; a keyed hash only"),
    "request": Rule(
        1095,
        1826,
        "GDPR art. 5(2) and 12: that a request was answered can be shown for three years; its content goes "
        "three months after the answer",
    ),
    "erased_mark": Rule(MOST_DAYS, MOST_DAYS, "GDPR art. 17: a keyed hash keeps what was erased from coming back"),
    "export_file": Rule(7, 30, "GDPR art. 12(3): long enough to be fetched, once"),
    "billing": Rule(
        3653, 3653, "VAT Code art. 60 § 4 (law of 20 November 2022): invoices, ten years from the end of the year"
    ),
    "job": Rule(7, 30, "long enough to see why scheduled work failed"),
}


def term(table: Table) -> float | None:
    """Days that rows of a table are kept: the shortest of its classes; None: as long as what they belong to.

    A class without a rule counts for nothing here: the inventory names it.
    """
    classes = {label.retention for label in table.columns.values() if label.personal}
    days = [rule.default_days for name in classes if (rule := RULES.get(name)) and rule.default_days is not None]
    return min(days, default=None)
