"""What tests of the gateway start from: one running gateway, its organisation, and the API as its clients see it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.telemetry.gateway.running import Running, gateway, until
from tests.telemetry.store.hot import Yard

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="session")
def everyday(database: None, tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Running]:
    """A gateway with ordinary settings for all tests of the run."""
    with gateway(tmp_path_factory.mktemp("gateway"), certificate) as running:
        yield running


@pytest.fixture
def running(everyday: Running) -> Iterator[Running]:
    """The gateway; the connections of one test end with it, and it may not have logged an error."""
    before = len(everyday.errors())
    yield everyday
    everyday.close_all()
    assert everyday.errors()[before:] == []
    assert everyday.process.poll() is None


@pytest.fixture
def yard(owner_connection: psycopg.Connection[Any], organisation: Organisation) -> Iterator[Yard]:
    """The organisation as rows."""
    from allconnects.kit import db

    made = Yard(owner_connection, organisation.pk, db.conninfo("ingest"))
    yield made
    made.close()


@pytest.fixture
def imei() -> str:
    """A number that no other test uses; the allocation code is one of test equipment."""
    return f"00100299{next(_numbers):07d}"


@pytest.fixture
def api(token_of: Callable[..., str], stranger: Any) -> Callable[..., Any]:
    """``api(path)``: the JSON that a program of the organisation gets; with a body it posts."""
    scopes = ["positions:read", "devices:read", "devices:write", "events:read"]
    secret: list[str] = []

    def call(path: str, body: Any = None, method: str = "") -> Any:
        secret[:] = secret or [token_of(scopes)]
        method = method or ("get" if body is None else "post")
        extra = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = getattr(stranger, method)(
            f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret[0]}"}, **extra
        )
        assert response.status_code < 300, (path, response.status_code, response.content[:300])
        return response.json() if response.content else None

    return call


@pytest.fixture
def register(api: Callable[..., Any], running: Running) -> Callable[..., int]:
    """``register(identifier, …)``: a device, once the gateway knows it; its number."""

    def make(identifier: str, secret: str | None = None) -> int:
        body = {"identifier": identifier, "name": identifier[-20:], "kind": "vehicle", "secret": secret}
        number: int = api("devices", body)["id"]
        return number

    return make


@pytest.fixture
def latest(api: Callable[..., Any]) -> Callable[[int], Any]:
    """``latest(device)``: its entry among the latest positions, waited for."""

    def find(device: int) -> Any:
        return until(lambda: next((p for p in api("positions/latest") if p["device"] == device), None))

    return find
