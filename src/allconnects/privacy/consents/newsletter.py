"""The newsletter: asking, confirming by mail (double opt-in), and stopping by any route, each in as few steps.

An address is written to only after its owner opened his own mail and pressed a button there: a form alone proves
nothing about whose address it is. Opening the link changes nothing, because mail scanners open links too.
"""

from __future__ import annotations

import structlog
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from allconnects.accounts.mail import FAILURES
from allconnects.kit import clock, config
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy.consents import addresses, ledger, wordings
from allconnects.privacy.consents.models import Deed, Method, Subscriber, Suppressed

log = structlog.get_logger()
PENDING_DAYS = 7
_CONFIRM, _OUT = "consents.confirm", "consents.out"
_MOST_MAILS_AN_HOUR = 3


def base_url() -> str:
    """Where this platform's pages are, as readers of mails reach them."""
    settings = config.current()
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def ask(email: str, wants: list[str], language: str) -> None:
    """Send the mail whose button makes it a consent. Nobody is subscribed by this.

    Raises InvalidInput for what is no address, for no or unknown purposes, and where the server sends no mail. The
    answer is the same whether the address was known.
    """
    email = addresses.normal(email)
    _check(email, wants)
    digest = addresses.hashed(email)
    if not _may_be_mailed(digest):
        return
    found, _new = Subscriber.objects.update_or_create(
        address_hash=digest,
        defaults={"email": email, "language": language, "wants": sorted(wants), "asked_at": clock.now()},
    )
    token = signing.dumps([str(found.key), ledger.nonce(), sorted(wants), language], salt=_CONFIRM)
    _send_confirmation(found, wants, language, token)


def _check(email: str, wants: list[str]) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(_("This is not an e-mail address.")) from None
    if not wants or not set(wants) <= set(wordings.purposes()):
        raise InvalidInput(_("Tick what you want to get."))
    if not config.current().email_url:
        raise InvalidInput(_("This server sends no mail."))


def _may_be_mailed(digest: str) -> bool:
    """A few an hour: nobody's mailbox is filled by somebody else's typing."""
    key = f"consents.ask:{digest}"
    cache.add(key, 0, 3600)
    return cache.incr(key) <= _MOST_MAILS_AN_HOUR


def _send_confirmation(found: Subscriber, wants: list[str], language: str, token: str) -> None:
    link = base_url() + reverse("consents:confirm", args=[token])
    with translation.override(language):
        texts = "\n".join(f"- {wordings.purpose(one).texts[language]}" for one in sorted(wants))
        intro = _("Somebody, we hope you, asked for this with your address:")
        then = _(
            "If it was you, open this page and press the button. Otherwise do nothing, and you hear no more of it."
        )
        subject, body = _("Please confirm"), f"{intro}\n\n{texts}\n\n{then}\n\n{link}\n"
    try:
        EmailMessage(subject, body, None, [found.email]).send()
    except FAILURES:
        log.warning("consents.mail_not_sent")
        raise InvalidInput(_("The mail could not be sent. Try again later.")) from None


def asked(token: str) -> tuple[Subscriber, str, list[str], str]:
    """Subscriber, nonce, purposes and language of a link. Raises NotFound when it is none, or too old."""
    try:
        key, once, wants, language = signing.loads(token, salt=_CONFIRM, max_age=PENDING_DAYS * 86400)
        found = Subscriber.objects.filter(key=key).first()
    except (signing.BadSignature, ValueError, ValidationError):
        found = None
    if found is None:
        raise NotFound(_("This link works no longer."))
    return found, once, wants, language


def confirm(token: str) -> list[str]:
    """The button of the mail was pressed: that is the consent. Returns the purposes.

    Raises NotFound for a dead link and Rejected for one that was used before: an old link brings no withdrawn consent
    back to life.
    """
    found, once, wants, language = asked(token)
    with transaction.atomic():
        for key in wants:
            ledger.record(
                addresses.subject(found.email), key, Deed.GIVEN, method=Method.MAIL_LINK, origin="newsletter/confirm",
                language=language, once=once,
            )  # fmt: skip
        Suppressed.objects.filter(address_hash=found.address_hash).delete()
        found.confirmed_at = found.confirmed_at or clock.now()
        found.save(update_fields=["confirmed_at"])
    return list(wants)


def withdraw(
    address_hash: str, purpose: str | None, *, method: Method, origin: str, language: str, once: str = ""
) -> bool:
    """Take a consent back, or all when ``purpose`` is None. Returns whether there was one.

    With the last consent the address itself goes, and its hash stays so that it is not written to again.
    """
    subject = f"address:{address_hash}"
    with transaction.atomic():
        given = [one for one, act in ledger.newest(subject).items() if act.deed == Deed.GIVEN]
        ending = [one for one in given if purpose in (None, one)]
        for key in ending:
            ledger.record(subject, key, Deed.WITHDRAWN, method=method, origin=origin, language=language, once=once)
        if purpose is None or not set(given) - set(ending):
            gone, _each = Subscriber.objects.filter(address_hash=address_hash).delete()
            if ending or gone:
                ledger.suppress(address_hash, method)
    return bool(ending)


def out_token(found: Subscriber, purpose: str) -> str:
    """What the link in a mail carries; it can do this one thing, for as long as the mail is kept."""
    return signing.dumps([found.address_hash, purpose], salt=_OUT)


def read_out(token: str) -> tuple[str, str]:
    """Hash of the address and purpose of such a link. Raises NotFound."""
    try:
        address_hash, purpose = signing.loads(token, salt=_OUT)
    except (signing.BadSignature, ValueError):
        raise NotFound(_("This link works no longer.")) from None
    return str(address_hash), str(purpose)


def end(email: str, method: Method = Method.CLOSED) -> bool:
    """An account or a person is gone: nothing is sent to that address any more. Returns whether something was."""
    return withdraw(addresses.hashed(email), None, method=method, origin="closing", language="en")
