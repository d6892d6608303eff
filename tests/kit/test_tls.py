"""A certificate that cannot be used is told in one line before anything listens."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from allconnects.kit import tls
from allconnects.kit.errors import ConfigError


def _pair(folder: Path, password: bytes = b"") -> tuple[Path, Path]:
    """A certificate and its private key, in files of their own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(encoded)
    return certificate, secret


def test_a_certificate_and_its_key_are_taken(tmp_path: Path) -> None:
    assert tls.context(*_pair(tmp_path)).protocol == ssl.PROTOCOL_TLS_SERVER


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="TLS_KEY cannot be used: they are no certificate"):
        tls.context(tmp_path / "file", tmp_path / "file")


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    certificate, other = _pair(tmp_path / "one")[0], _pair(tmp_path / "two")[1]
    with pytest.raises(ConfigError, match="cannot be used"):
        tls.context(certificate, other)


def test_an_encrypted_key_asks_no_terminal(tmp_path: Path) -> None:
    certificate, key = _pair(tmp_path, b"long-enough")
    with pytest.raises(ConfigError, match="unencrypted key"):
        tls.context(certificate, key)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        tls.context(tmp_path, tmp_path)
