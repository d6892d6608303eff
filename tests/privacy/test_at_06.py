"""AT-06, AT-07: everything that a person gave or that was seen of him is in his copy; to take along, less."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.privacy.export import service
from allconnects.privacy.export.gather import Scope
from allconnects.privacy.subjects import Subject
from tests.privacy.canary import Canary, Token
from tests.privacy.rights import canary


def _opened(organisation: int, one: Canary, scope: Scope) -> zipfile.ZipFile:
    with speaking_for(organisation):
        number = service.request(Subject(organisation, one.person), case=uuid4(), scope=scope)
        service.make(organisation, number)
        assert service.status(number).state == "ready"
        token = service.issue(number)
    stored = service.file_of(number).read_bytes()
    assert not any(token.text.encode() in stored for token in one.tokens)
    with speaking_for(organisation), pytest.raises(service.Spent):
        service.open_once(number, "another")
    with speaking_for(organisation):
        content = service.open_once(number, token)
    assert not service.file_of(number).exists()
    with speaking_for(organisation), pytest.raises(service.Spent):
        service.open_once(number, token)
    return zipfile.ZipFile(io.BytesIO(content))


def test_a_copy_holds_every_word_of_its_person(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)

    copy = _opened(organisation.pk, one, "access")

    text = copy.read("data.json").decode()
    said = json.loads(text)
    wanted = [
        token for token in one.tokens
        if token.label.export in ("provided", "observed") and not token.label.erasure.startswith("delete_chunk")
        and one.reach.found.get(token.table) is not None
    ]  # fmt: skip
    assert len(wanted) > 40
    missing = {(token.table, token.column) for token in wanted if token.text not in text}
    assert not missing
    assert said["recipients"]
    assert said["retention"]["trip"]["days"]
    assert "privacy_access" in said["tables"]
    assert copy.read("overview.pdf").startswith(b"%PDF")
    assert any(name.endswith(".csv") for name in copy.namelist())
    secrets = [token for token in one.tokens if token.label.export == "excluded"]
    assert secrets
    assert not [token.table for token in secrets if token.text in text]


def test_at_07_what_is_taken_along_is_given_or_seen_for_a_contract_or_by_consent(
    owner_connection: psycopg.Connection[Any], organisation: Organisation
) -> None:
    one = canary(owner_connection, organisation.pk)

    text = _opened(organisation.pk, one, "portability").read("data.json").decode()

    allowed = {token.text for token in one.tokens if _portable(token)}
    assert {word for word in allowed if word in text}
    assert [
        (token.table, token.column) for token in one.tokens if token.text in text and token.text not in allowed
    ] == []


def _portable(token: Token) -> bool:
    return token.label.basis in ("contract", "consent") and token.label.export in ("provided", "observed")
