"""What ``allconnects up`` says when it is ready: on a new server, how to make the first organisation."""

from __future__ import annotations

import os


def run() -> int:
    """Print a hint while there is no organisation, nothing later."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allconnects.site.settings")
    import django

    django.setup()
    from allconnects.accounts.models import Organisation

    if not Organisation.objects.exists():
        print("next: allconnects organisation create NAME --owner EMAIL")  # noqa: T201
    return 0
