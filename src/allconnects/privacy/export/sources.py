"""Files that rooms add to a copy, such as tracks: registered from above, called from here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from allconnects.kit.named import Named
from allconnects.privacy.subjects import Subject
from allconnects.privacy.vault import Vault

Source = Callable[[psycopg.Connection[Any], Vault, Subject], Iterator[tuple[str, bytes]]]
source: Named[Source] = Named()
"""Makes a function give files (name, content) of a person; the connection is of the role ``rights``."""
