"""Structured logs on standard error, made so that nothing personal can slip in.

Messages are event names with allow-listed keys; exceptions are logged as their type and the places in the code
they came through, never with their text, because a database error quotes the row it is about.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from allconnects.kit import config

ALLOWED = frozenset(
    {
        "attempt", "batch", "child", "code", "count", "days", "error", "event", "kind", "level", "logger", "ms",
        "path", "port", "ports", "process", "protocol", "reason", "rows", "seconds", "signal", "trace", "state",
        "status", "step", "tables", "timestamp", "url", "version", "view",
    }
)  # fmt: skip
_OURS = "allconnects"


def setup(process: str) -> None:
    """Configure logging of this process; ``process`` is named in every line."""
    settings = config.current()
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.contextvars.bind_contextvars(process=process)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where,
            _only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = _Bridge()
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(max(level, logging.WARNING))
    logging.getLogger(_OURS).setLevel(level)


def _where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as its type and its way through the code."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if info is True:
        error = sys.exc_info()[1]
    if error is not None:
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["trace"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if key in ALLOWED}


class _Bridge(logging.Handler):
    """What libraries log: the name of the logger and the fixed part of the message, without its arguments.

    Our own modules that log this way (processes, PostgreSQL) speak of programs and folders: theirs are written out.
    """

    def emit(self, record: logging.LogRecord) -> None:
        status = getattr(record, "status_code", None)
        known = {} if status is None else {"status": status}
        log = structlog.get_logger()
        log.log(record.levelno, _fixed_part(record)[:200], logger=record.name, exc_info=record.exc_info, **known)


def _fixed_part(record: logging.LogRecord) -> str:
    """A message that came without arguments may have been put together already: then only who spoke is said."""
    if record.name.partition(".")[0] == _OURS:
        return record.getMessage()
    return str(record.msg) if record.args else f"{record.name} spoke"
