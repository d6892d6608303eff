"""Background work of this room."""

from __future__ import annotations

import allconnects.telemetry.imports.jobs  # noqa: F401
