"""AT-38: signing in, looking around and using the platform is never a consent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from allconnects.accounts.models import Account
from allconnects.privacy.consents import addresses, wordings
from allconnects.privacy.consents.models import Act, Subscriber
from tests.conftest import PASSWORD
from tests.privacy.letters import deeds

PAGES = ("/settings/", "/privacy/consents/", "/newsletter/", "/organisation/", "/map/", "/", "/alerts/", "/devices/")


def test_at_38_signing_in_and_using_makes_no_consent(account_of: Callable[..., Account], database: None) -> None:
    account, client = account_of("owner"), Client(SERVER_NAME="localhost")
    before = Act.objects.count()
    assert client.post("/accounts/login/", {"login": account.email, "password": PASSWORD}).status_code == 302
    for _round in range(2):
        for path in PAGES:
            assert client.get(path, follow=True).status_code == 200, path
    client.post("/preferences/", {"theme": "dark"})
    client.post("/language/", {"language": "nl"})
    client.post("/accounts/logout/")
    assert deeds(account.email) == []
    assert Act.objects.filter(subject=f"account:{account.pk}").count() == 0
    assert Act.objects.count() == before
    assert not Subscriber.objects.filter(address_hash=addresses.hashed(account.email)).exists()


def test_at_38_nothing_is_ticked_beforehand(stranger: Client) -> None:
    page = stranger.get("/newsletter/").content.decode()
    boxes = [part.split(">")[0] for part in page.split('type="checkbox"')[1:]]
    assert len(boxes) == len(wordings.purposes()) >= 2, "each purpose apart"
    assert not [box for box in boxes if "checked" in box]


def test_at_38_no_code_but_the_ledger_writes_consents() -> None:
    """Whoever would make a consent out of something else has to do it here, where it is seen."""
    from pathlib import Path

    import allconnects

    root = Path(allconnects.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if "Act.objects.create" in path.read_text("utf-8") or "Deed.GIVEN, method" in path.read_text("utf-8")
    }
    assert found == {
        "privacy/consents/ledger.py", "privacy/consents/newsletter.py", "privacy/consents/moving.py",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "fr", "en", "de"])
def test_at_38_every_purpose_has_its_words_in_every_language(language: str) -> None:
    for one in wordings.purposes().values():
        assert one.texts[language].strip()
        assert one.titles[language].strip()
        assert 0 < one.months <= 24
