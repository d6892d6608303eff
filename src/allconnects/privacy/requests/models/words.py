"""What can be said of a case: closed lists."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Right(models.TextChoices):
    """What somebody asks for. Sources: GDPR art. 12 to 22; empty while nobody has read the request yet."""

    INFORMATION = "information", _("Information about what is done with my data")
    ACCESS = "access", _("A copy of my data")
    RECTIFICATION = "rectification", _("Correct what is wrong")
    ERASURE = "erasure", _("Erase my data")
    RESTRICTION = "restriction", _("Keep my data, but stop using it")
    PORTABILITY = "portability", _("My data in a form that another service can read")
    OBJECTION = "objection", _("Object to a use of my data")
    AUTOMATED = "automated", _("A human should decide, not a computer")


class Channel(models.TextChoices):
    """The way a request came in."""

    PAGE = "page", _("Page")
    FORM = "form", _("Public form")
    EMAIL = "email", _("E-mail")
    POST = "post", _("Post")
    PHONE = "phone", _("Telephone")
    EMPLOYER = "employer", _("By the employer")
    REFERRED = "referred", _("Passed on by the operator")


class State(models.TextChoices):
    """Where a case stands."""

    UNCONFIRMED = "unconfirmed", _("Waiting for the address to be confirmed")
    RECEIVED = "received", _("Received")
    IDENTITY = "identity", _("Identity to be checked")
    ROUTED = "routed", _("Passed on to the employer")
    WORKING = "working", _("Being worked on")
    PARTIAL = "partial", _("Partly done")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


OPEN = (State.RECEIVED, State.IDENTITY, State.WORKING, State.PARTIAL)
"""States in which an answer is owed."""


class Identity(models.TextChoices):
    """How it was made sure who asks; what was seen is written down, never copied. Never a copy of an identity card."""

    NONE = "", _("not checked yet")
    SESSION = "session", _("signed in")
    CODE = "code", _("a code sent to an address that was known")
    EMPLOYER = "employer", _("the employer confirmed it")
    KNOWN = "known", _("known in person to whoever took the request")
    CALLBACK = "callback", _("called back on a number that was known")


class Happened(models.TextChoices):
    """What can happen to a case; the history knows nothing else."""

    RECEIVED = "received", _("Received")
    CONFIRMED = "confirmed", _("Address confirmed")
    SORTED = "sorted", _("Right named")
    LINKED = "linked", _("Connected to a person")
    CODE_SENT = "code_sent", _("Code sent")
    CODE_WRONG = "code_wrong", _("Wrong code")
    IDENTIFIED = "identified", _("Identity checked")
    ROUTED = "routed", _("Passed on to the employer")
    STARTED = "started", _("Work begun")
    RESTRICTED = "restricted", _("Use stopped")
    LIFTED = "lifted", _("Use allowed again")
    CORRECTED = "corrected", _("Correction decided")
    PARTIAL = "partial", _("Partly done")
    EXTENDED = "extended", _("Extended by two months")
    PROPOSED = "proposed", _("Proposed to a second person")
    APPROVED = "approved", _("Approved by a second person")
    REJECTED = "rejected", _("Not approved")
    FEE = "fee", _("Fee asked")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LETTER = "letter", _("Letter made")
    SENT = "sent", pgettext_lazy("a letter", "Sent")
    NOT_SENT = "not_sent", _("Could not be sent")
    REMINDED = "reminded", _("Reminder")
    NOTE = "note", _("Note")
    DELIVERED = "delivered", _("Package fetched")
    PURGED = "purged", _("Content deleted")


class LetterKind(models.TextChoices):
    """Letters that a case can bring; the texts stand in ``data/letters.*.toml``."""

    CONFIRM = "confirm", _("Please confirm your address")
    RECEIPT = "receipt", _("Confirmation of receipt")
    CODE = "code", _("A code")
    REFERRAL = "referral", _("Passed on to the employer")
    EXTENSION = "extension", _("More time")
    RESTRICTED = "restricted", _("Use stopped")
    LIFTING = "lifting", _("Use will be allowed again")
    PARTIAL = "partial", _("Partly done")
    ANSWER = "answer", _("Answer")
    FEE = "fee", _("A fee")
    REFUSAL = "refusal", _("Refusal")


class Way(models.TextChoices):
    """How a letter reached the person."""

    PAGE = "page", _("On the page")
    EMAIL = "email", _("By e-mail")
    PAPER = "paper", _("On paper")


class Kind(models.TextChoices):
    """What needs a second person."""

    FEE = "fee", _("Ask a fee")
    REFUSAL = "refusal", _("Refuse")


class Ground(models.TextChoices):
    """Why a fee or a refusal is possible at all. Sources: GDPR art. 11(2), 12(5), 12(6), 17(3), 21(1)."""

    UNFOUNDED = "unfounded", _("Manifestly unfounded")
    EXCESSIVE = "excessive", _("Excessive, in particular because repeated")
    UNIDENTIFIED = "unidentified", _("It cannot be found out whose data it is about (art. 11)")
    EXEMPT = "exempt", _("The law makes an exception, or the right does not apply here")
