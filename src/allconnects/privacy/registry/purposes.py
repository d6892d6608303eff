"""Purposes, one for each word of ``kit.labels.Purpose``. A purpose that rests on an interest has its balancing test."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from allconnects.privacy.registry.entries import Assessment, Purpose

PURPOSES = (
    Purpose(
        "account.provide",
        _("Accounts"),
        _("You can sign in, and see what your role in your organisation lets you see."),
        ("contract", "legitimate_interest"),
        "controller",
        Assessment(
            "An organisation asks people to join, and each change of who may do what can be traced.",
            "An invitation needs an address to go to; without it nobody could join but the first owner.",
            "The person asked expects the mail of a colleague, and does nothing when it is unwanted.",
            ("invitations expire", "only a hash of their secret is kept"),
        ),
    ),
    Purpose(
        "account.security",
        _("Security"),
        _("Sign-ins are guarded, and it can be shown afterwards who did what."),
        ("contract", "legitimate_interest", "legal_obligation"),
        "controller",
        Assessment(
            "Nobody gets in who may not, and what happened can be reconstructed after a breach.",
            "Attempts have to be counted and acts noted; keyed hashes and numbers are enough for it.",
            "People who sign in expect to be protected; entries hold no names, no places and no content.",
            ("short retention", "keyed hashes instead of addresses", "an audit chain that shows changes"),
        ),
    ),
    Purpose(
        "billing.handle",
        _("Being paid"),
        _("Licences, invoices and payments of whoever pays for a server are handled and kept in the books."),
        ("contract", "legal_obligation"),
        "controller",
    ),
    Purpose(
        "fleet.dispatch",
        _("Knowing where vehicles, teams and materials are"),
        _("Work is planned and vehicles and materials are found, in working time and for work only."),
        ("legitimate_interest", "contract"),
        "processor",
        Assessment(
            "A firm plans its work, finds its vehicles and materials, and answers its customers.",
            "Planning needs where vehicles are now and where they were these weeks; it needs no more.",
            "Drivers are employees and depend on the firm: outside working time nothing is recorded, and what is "
            "recorded is seen by those who plan only, for weeks only, and by the drivers themselves.",
            (
                "private time is dropped before anything is written",
                "sixty days of positions by default",
                "each driver sees who looked at his track and why",
                "tracks are sealed under a key of the person, which can be destroyed",
                "no scores, no ranking of behaviour",
            ),
        ),
    ),
    Purpose(
        "fleet.register",
        _("The register of vehicles, materials and people"),
        _("Vehicles, materials, people and teams are listed with what work needs to know of them."),
        ("contract", "legitimate_interest", "legal_obligation"),
        "processor",
        Assessment(
            "A firm knows what it owns, who works with it, and which papers expire.",
            "Names, teams and papers are what planning and inspections ask for; nothing private is asked.",
            "Employees expect their employer to know this; who changed what is kept and can be shown.",
            ("fields that work does not need do not exist", "every change is kept with its author"),
        ),
    ),
    Purpose(
        "fleet.report",
        _("Reports"),
        _("Reports are made from trips and visits for a purpose that is said each time, and sent to whom it concerns."),
        ("contract", "legitimate_interest"),
        "processor",
        Assessment(
            "A firm accounts for its work: to customers, to itself, and for the cost of vehicles.",
            "Sums over days and vehicles are made from what is there already; nothing more is recorded for them.",
            "What a report tells of a person is bound to working hours and to the purpose that was said.",
            ("a closed list of purposes", "each run is written down", "a filter for working hours"),
        ),
    ),
    Purpose(
        "tax.logbook",
        _("Logbook for the tax"),
        _("Business and private kilometres are shown to the tax authority, as the person who drove classified them."),
        ("legal_obligation", "legitimate_interest"),
        "processor",
        Assessment(
            "Employer and driver can show which kilometres were private.",
            "The tax authority asks for days, kilometres and purposes, closed month by month.",
            "The driver says what a trip was for; private trips keep their day and kilometres only.",
            ("the driver classifies first", "no place of a private trip", "closed months cannot be changed unseen"),
        ),
    ),
    Purpose(
        "payroll.prepare",
        _("Preparing payroll"),
        _("Hours at sites and kilometres of a month are gathered, and a named person approves them."),
        ("contract", "legal_obligation", "legitimate_interest"),
        "processor",
        Assessment(
            "Pay is right and can be checked by who receives it.",
            "Hours and kilometres by day are what pay is made from; no track is kept for it.",
            "Nothing is decided by a machine: somebody approves each month by name.",
            ("a human approves", "what changed since is shown"),
        ),
    ),
    Purpose(
        "device.operate",
        _("Devices"),
        _("Trackers and phones are registered, heard, and helped when they fail."),
        ("contract", "legitimate_interest"),
        "processor",
        Assessment(
            "Devices work, and foreign or cloned ones are noticed.",
            "Identifiers and the last contact are needed to know a device and to see that it fell silent.",
            "The data are about hardware first; of unknown devices nothing is kept but that they called.",
            ("only a hash of device secrets is kept", "unknown devices leave the list after 30 days"),
        ),
    ),
    Purpose(
        "service.operate",
        _("Running the service"),
        _("The platform does what is asked of it in the background, and failures are found."),
        ("contract", "legitimate_interest", "legal_obligation"),
        "processor",
        Assessment(
            "Work that takes long is done later, once, and can be tried again.",
            "A job names what it is about by number; content is read when it runs.",
            "Nobody is watched by it; entries go after days.",
            ("numbers only, never names", "short retention"),
        ),
    ),
    Purpose(
        "presence.declare",
        _("Declaring presence at work"),
        _("Your presence on a site is declared to social security where a law asks for it."),
        ("legal_obligation",),
        "processor",
    ),
    Purpose(
        "rights.handle",
        _("Your rights"),
        _("Requests about your data are answered, and it can be shown that they were."),
        ("legal_obligation",),
        "controller",
    ),
    Purpose(
        "newsletter",
        _("News by e-mail"),
        _("Who asked for it and confirmed it gets news; one click in any mail ends it."),
        ("consent",),
        "controller",
    ),
)
