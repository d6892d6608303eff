"""What the app starts with when there is no network is complete."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
"""Types are imported in comments; no browser does."""


def test_every_module_that_the_app_imports_is_kept(database: None) -> None:
    from django.contrib.staticfiles import finders

    from allconnects.products.fleet_manager.views import SHELL

    missing = set()
    for name in SHELL:
        path = finders.find(name)
        assert isinstance(path, str), name
        if not name.endswith(".js") or name.startswith("vendor/"):
            continue
        for found in IMPORT.findall(COMMENT.sub("", Path(path).read_text("utf-8"))):
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(name), found))
            if wanted not in SHELL:
                missing.add(f"{name} imports {wanted}")
    assert missing == set()
