"""Build step: front-end files out of pinned npm packages, the offline map, and compiled translations.

Runs for every wheel, editable ones included, so that ``pip install .`` is all an installation needs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendBuildHook(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Puts what git does not hold into the package."""

    def _tools(self) -> Path:
        root = Path(self.root)
        if str(root / "tools") not in sys.path:
            sys.path.insert(0, str(root / "tools"))
        return root

    def dependencies(self) -> list[str]:
        """The wheel that carries npm, only for machines that have none."""
        self._tools()
        from frontend import npm

        return [] if npm.on_this_machine() else [npm.WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fill ``site/static/vendor`` and compile ``locale``; quick when nothing changed."""
        root = self._tools()
        from frontend import catalogues, vendor

        try:
            vendor.build(root)
            catalogues.compile_all(root / "src/allconnects/locale")
        except vendor.BuildError as error:
            raise SystemExit(f"allconnects: {error}") from None
