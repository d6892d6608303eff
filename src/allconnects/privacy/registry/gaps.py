"""Where the published policy of 12/04/2023 and this software differ. A difference without a line here fails the build.

``owner``: who has to mend it: the policy's author, the software, or the operator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """One difference. ``concerns``: words of the inventory that the policy does not name, if it is about those."""

    clause: str
    policy: str
    software: str
    owner: str
    reason: str
    concerns: tuple[str, ...] = ()


GAPS = (
    Gap(
        "2",
        "names device data with location or country",
        "records precise positions and trips",
        "policy",
        "the heart of the product is not named in the policy",
        ("user.location.precise", "user.device.telemetry"),
    ),
    Gap(
        "2",
        "account data only",
        "keeps a register of people who may have no account",
        "policy",
        "drivers, passengers and workers are people too",
        ("user.name", "user.contact", "user.unique_id", "user.social"),
    ),
    Gap(
        "2",
        "account data only",
        "keeps national numbers as ciphertext where presence must be declared",
        "policy",
        "registration of presence at social security asks for them by law",
        ("user.government_id",),
    ),
    Gap(
        "2",
        "birth date, gender, avatar and personal text may be added",
        "has no such fields",
        "policy",
        "work does not need them",
    ),
    Gap(
        "2",
        "what you enter is visible to other users, with your last activity",
        "is visible by role; last activity to nobody",
        "policy",
        "privacy by default, GDPR art. 25(2)",
    ),
    Gap(
        "2, 4",
        "malware samples, senders of spam, threat intelligence",
        "collects none",
        "policy",
        "text of another kind of product",
    ),
    Gap(
        "3",
        "personalised advertisements in free products, on consent",
        "has no advertisements",
        "policy",
        "no place in a tool for work",
    ),
    Gap("5", "billing in a separate database", "has no billing yet", "software", "a later step"),
    Gap(
        "7 to 12",
        "shares with the group, partners and processors",
        "sends nothing to anybody but those in the registry",
        "policy",
        "recipients are a closed list",
    ),
    Gap(
        "11",
        "partners for analytics are listed below, and no list follows",
        "uses no third-party analytics",
        "policy",
        "the list is empty because there are none",
    ),
    Gap(
        "12",
        "authorities get data in four cases only",
        "has no routine feed to authorities yet",
        "software",
        "presence and manure transport are to come, with their legal ground",
    ),
    Gap(
        "17",
        "product data up to six years",
        "keeps positions sixty days by default; six years is a limit in the database",
        "policy",
        "guidance of the Belgian authority: two months at most",
    ),
    Gap(
        "17",
        "pseudonymised for up to six more years after closing",
        "keeps no pseudonyms after closing",
        "policy",
        "four places single out nearly everybody: pseudonymous tracks stay personal",
    ),
    Gap(
        "21, 22",
        "address of the data protection officer is blank",
        "asks the operator for it and says where it is missing",
        "operator",
        "a notice without contact is none",
    ),
    Gap("25", "consent by logging on", "signing in is never consent", "policy", "GDPR art. 4(11) and 7"),
    Gap(
        "27",
        "FLEET.driver has settings of its own",
        "the driver's settings are to come with FLEET.driver",
        "software",
        "a later step",
    ),
)
"""In the order of the policy's clauses."""

NAMED = frozenset(
    {
        "system.operations",
        "user.account",
        "user.authorization.credentials",
        "user.contact.email",
        "user.financial",
        "user.device",
        "user.device.ip_address",
        "user.behavior.browsing_history",
        "user.settings",
        "user.unique_id.pseudonymous",
    }
)
"""Categories of the inventory that the policy does name, in its own words (clause 2)."""
