"""Cases of one organisation, with stand-ins for what packs, erases and holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail

from allconnects.accounts.models import Account, Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config
from allconnects.privacy.requests import ports, receiving
from allconnects.privacy.requests.models import Case, Channel, Identity
from tests.privacy.requests.standins import Eraser, Holder, Packer


@dataclass
class Office:
    """An organisation that answers requests."""

    organisation: Organisation
    owner: Account
    second: Account
    driver: Account
    packer: Packer = field(default_factory=Packer)
    eraser: Eraser = field(default_factory=Eraser)
    holder: Holder = field(default_factory=Holder)

    def ask(self, right: str = "access", **given: Any) -> Case:
        """A request of the driver, signed in."""
        asked = {"account": self.driver.pk, "identity": Identity.SESSION, "channel": Channel.PAGE, **given}
        return receiving.receive(self.organisation.pk, receiving.Asked(right=right, **asked))


@pytest.fixture
def office(organisation: Organisation, account_of: Callable[..., Account]) -> Iterator[Office]:
    """The office, and a transaction that speaks for it."""
    made = Office(organisation, account_of("owner"), account_of("owner"), account_of("driver"))
    with (
        ports.use(exports=made.packer, erasures=made.eraser, holds=made.holder),
        speaking_for(organisation.pk),
    ):
        yield made


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Mails that were sent; there is a mail server."""
    from dataclasses import replace

    real = config.current()
    monkeypatch.setattr(config, "current", lambda: replace(real, email_url="smtp://localhost:1"))
    mail.outbox = []
    return mail.outbox
