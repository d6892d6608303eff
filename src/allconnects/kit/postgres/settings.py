"""The settings of the embedded server: those that are fixed, and those that a new cluster begins with."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from allconnects.kit.errors import ConfigError

MAP = "allconnects"
PORT = 5432  # only part of the socket's file name: nothing listens on a network
LOG_PREFIX = "%b|%e|"
_MIB = 1 << 20


def fixed(socket_dir: Path) -> list[str]:
    """Arguments of `postgres` that neither a file nor ALTER SYSTEM overrides.

    No network, durable commits, and a log without the values of statements: they may be about people.
    """
    quoted = str(socket_dir).replace('"', '""')
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": LOG_PREFIX,
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        "log_duration": "off",
        "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1",
        "log_transaction_sample_rate": "0",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    return _as_arguments(settings)


def initial(memory_bytes: int) -> list[str]:
    """Arguments of `initdb`: what a new cluster begins with, for an operator to tune by ALTER SYSTEM."""
    shared_mib = max(64, min(512, memory_bytes // 16 // _MIB))
    settings = {
        "shared_buffers": f"{shared_mib}MB",
        "effective_cache_size": f"{max(128, memory_bytes // 2 // _MIB)}MB",
        "maintenance_work_mem": "128MB",
        "work_mem": "8MB",
        "max_wal_size": "2GB",
        "min_wal_size": "160MB",
        "wal_compression": "pglz",
        "checkpoint_timeout": "10min",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    return _as_arguments(settings)


def host_based_access() -> str:
    """The content of pg_hba.conf: the kernel says who asks, the map says which roles that user may take."""
    return f"local all all peer map={MAP}\nlocal replication all peer map={MAP}\n"


def identity_map(users: Iterable[str], roles: Sequence[str]) -> str:
    """The content of pg_ident.conf: each operating-system user may take each role.

    Raises ConfigError for a name that has another meaning in that file (a pattern, a group, everybody).
    """
    names = sorted(set(users))
    for name in [*names, *roles]:
        if name == "all" or not re.fullmatch(r"[^/+\"\s\\][^\"\\\r\n]*", name):
            raise ConfigError("a user or role of the database has a name that PostgreSQL's map cannot hold")
    return "".join(f'{MAP} "{user}" "{role}"\n' for user in names for role in roles)


def memory() -> int:
    """Bytes of memory this machine has, or may use when it is a container."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return whole


def _as_arguments(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
