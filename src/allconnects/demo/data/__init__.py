"""The demo organisation: made at the first ``allconnects demo``, found again and completed at the next."""

from __future__ import annotations

from allconnects.kit import config, rooms


def run() -> int:
    """Make what is missing and print ``account=… password=… token=…``."""
    rooms.load()
    from allconnects.demo.data import access, stages

    path = config.current().home / "secrets" / "demo.json"
    noted = access.access(path)
    stages.make_missing(stages.demo_of(noted), path, noted)
    print(" ".join(f"{key}={noted[key]}" for key in ("account", "password", "token")))  # noqa: T201
    return 0
