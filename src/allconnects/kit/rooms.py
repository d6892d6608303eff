"""The rooms, loaded: models, labels, jobs and what they register with each other; for what runs beside the web."""

from __future__ import annotations

import os

SETTINGS = "allconnects.site.settings"


def load() -> None:
    """Have Django load every room, if it has not yet. Takes most of a second: for those who need models only."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
