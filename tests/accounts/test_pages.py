"""The pages of an organisation, as a manager uses them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from allconnects.accounts.models import Account, ApiToken, Invitation, Membership, Organisation
from allconnects.accounts.tenancy import speaking_for


def test_an_invitation_link_is_shown_once_and_works(
    client_of: Callable[..., Client], organisation: Organisation
) -> None:
    owner = client_of("owner")
    page = owner.post("/organisation/invite/", {"email": "guest@example.org", "role": "planner"})
    link = page.context["link"]
    assert link in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert link not in owner.get("/organisation/").content.decode()
    path = "/invitation/" + link.partition("/invitation/")[2]
    assert "guest@example.org" in Client(SERVER_NAME="localhost").get(path).content.decode()
    with speaking_for(organisation.pk):
        pk = Invitation.objects.get().pk
    owner.post(f"/organisation/invitations/{pk}/withdraw/")
    assert Client(SERVER_NAME="localhost").get(path).status_code == 404


def test_a_mail_server_gets_the_link_and_the_page_does_not(
    client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("allconnects.accounts.mail.send_invitation", lambda *args: sent.append(args[2]) or True)
    answer = client_of("owner").post("/organisation/invite/", {"email": "g@example.org", "role": "viewer"})
    assert answer.status_code == 302
    assert len(sent) == 1


def test_what_is_refused_is_said_on_the_page(
    client_of: Callable[..., Client], organisation: Organisation, account_of: Callable[..., Account]
) -> None:
    owner = client_of("owner")
    for data in ({"email": "nonsense", "role": "viewer"}, {"email": "x@example.org", "role": "king"}):
        page = owner.post("/organisation/invite/", data, follow=True)
        assert [m.level_tag for m in page.context["messages"]] == ["error"]
    with speaking_for(organisation.pk):
        own = Membership.objects.get(role="owner").pk
    page = owner.post(f"/organisation/members/{own}/role/", {"role": "viewer"}, follow=True)
    assert [m.level_tag for m in page.context["messages"]] == ["error"]
    viewer = account_of("viewer")
    with speaking_for(organisation.pk):
        theirs = Membership.objects.get(account=viewer).pk
    owner.post(f"/organisation/members/{theirs}/role/", {"role": "planner"})
    with speaking_for(organisation.pk):
        assert Membership.objects.get(pk=theirs).role == "planner"


def test_only_managers_see_who_is_there(client_of: Callable[..., Client], account_of: Callable[..., Account]) -> None:
    somebody = account_of("driver")
    assert somebody.email in client_of("manager").get("/organisation/").content.decode()
    for role in ("driver", "viewer", "planner"):
        assert somebody.email not in client_of(role).get("/organisation/").content.decode()


def test_a_token_is_shown_once(client_of: Callable[..., Client], organisation: Organisation) -> None:
    manager = client_of("manager")
    page = manager.post("/organisation/tokens/", {"name": "Wall screen", "scopes": ["positions:read"]})
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert secret not in manager.get("/organisation/tokens/").content.decode()
    assert manager.post("/organisation/tokens/", {"name": "", "scopes": []}).context["secret"] is None
    with speaking_for(organisation.pk):
        token = ApiToken.objects.get()
    assert token.created_by is not None
    manager.post(f"/organisation/tokens/{token.pk}/revoke/")
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client(SERVER_NAME="localhost").get("/api/v1/positions/latest", headers=headers).status_code == 401
