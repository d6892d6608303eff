"""What a web server calls."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allconnects.site.settings")

from django.core.asgi import get_asgi_application
from django.urls import get_resolver


def settle() -> None:
    """Load every view, and let no collection of garbage look through what stays as long as the process does.

    Otherwise an answer with thousands of rows starts some that go through all code: 50 to 100 ms each.
    """
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()


application = get_asgi_application()
settle()
