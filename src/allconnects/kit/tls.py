"""The certificate with which the TLS ports of devices answer."""

from __future__ import annotations

import ssl
from pathlib import Path

from allconnects.kit.errors import ConfigError


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server with this chain and private key speaks. Raises ConfigError when they cannot be used."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2  # else OpenSSL's configuration on this machine decides
    try:
        # Without a password of our own, OpenSSL would ask the terminal for that of an encrypted key.
        made.load_cert_chain(certificate, key, password="")
    except OSError as error:  # ssl.SSLError is one
        why = "they are no certificate and its unencrypted key" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"ALLCONNECTS_GATEWAY_TLS_CERT and ALLCONNECTS_GATEWAY_TLS_KEY cannot be used: {why}"
        ) from None
    return made
