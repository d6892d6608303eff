"""The site's settings for the type checker, which must not touch anybody's data folder."""

import os
from pathlib import Path

os.environ["ALLCONNECTS_HOME"] = str(Path(__file__).resolve().parents[1] / ".mypy_cache" / "home")

from allconnects.site.settings import *  # noqa: F403
