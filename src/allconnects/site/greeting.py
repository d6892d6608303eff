"""What ``allconnects up`` says when it is ready: on a new server, how to make the first organisation."""

from __future__ import annotations

from allconnects.kit import rooms


def run() -> int:
    """Print a hint while there is no organisation, nothing later."""
    rooms.load()
    from allconnects.accounts.models import Organisation

    if not Organisation.objects.exists():
        print("next: allconnects organisation create NAME --owner EMAIL")  # noqa: T201
    return 0
