"""Logs: events with allow-listed keys; what might slip in (names, places, rows in error texts) is not in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

PERSONAL = ("356307042441013", "Somebody Else", "50.8466", "owner@example.org")


@pytest.fixture
def logged(tmp_path: Path) -> Any:
    """``logged(code, **settings)``: what a process of its own logs, and its standard output."""

    def run(code: str, **environ: str) -> tuple[list[str], str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ALLCONNECTS_")}
        begin = "import logging, structlog\nfrom allconnects.kit import logs\nlogs.setup('test')\n"
        done = subprocess.run(
            [sys.executable, "-c", begin + textwrap.dedent(code)],
            env={**kept, "ALLCONNECTS_HOME": str(tmp_path), "ALLCONNECTS_LOG_FORMAT": "json", **environ},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr.splitlines(), done.stdout

    return run


def test_a_line_is_an_event_with_time_level_and_process(logged: Any) -> None:
    lines, output = logged("structlog.get_logger().info('gateway.listening', port=5027)")
    assert output == ""
    (event,) = map(json.loads, lines)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "gateway.listening", "level": "info", "process": "test", "port": 5027}


def test_a_key_that_is_not_allowed_is_left_out(logged: Any) -> None:
    (line,), _ = logged(
        f"structlog.get_logger().warning('x', imei={PERSONAL[0]!r}, name={PERSONAL[1]!r}, lat={PERSONAL[2]}, count=2)"
    )
    assert json.loads(line)["count"] == 2
    assert not any(text in line for text in PERSONAL)


def test_an_exception_is_its_type_and_its_way_never_its_text(logged: Any) -> None:
    code = f"""
        log = structlog.get_logger()
        def fail():
            raise ValueError("row of {PERSONAL[1]} at {PERSONAL[2]}")
        try:
            fail()
        except ValueError:
            log.exception("store.failed")
            logging.getLogger("some.library").exception("failed for %s", "{PERSONAL[3]}")
    """
    lines, _ = logged(code)
    first, second = map(json.loads, lines)
    assert first["error"] == second["error"] == "ValueError"
    assert first["trace"][-1].endswith(" fail")
    assert not any(text in line for text in PERSONAL for line in lines)


def test_libraries_tell_what_happened_but_not_to_whom(logged: Any) -> None:
    lines, _ = logged(
        f"""
        logging.getLogger("django.request").warning("Not Found: %s", "/devices/{PERSONAL[0]}")
        logging.getLogger("uvicorn.access").info("%s", "{PERSONAL[3]}")
        """
    )
    (event,) = map(json.loads, lines)
    assert (event["event"], event["logger"]) == ("Not Found: %s", "django.request")


def test_our_own_processes_are_named(logged: Any) -> None:
    lines, _ = logged("logging.getLogger('allconnects.kit.processes').warning('%s ended with %d', 'gateway', -9)")
    assert json.loads(lines[0])["event"] == "gateway ended with -9"


@pytest.mark.parametrize(("level", "shown"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_the_level_is_a_setting(logged: Any, level: str, shown: int) -> None:
    code = "log = structlog.get_logger(); log.debug('a'); log.info('b'); log.warning('c')"
    assert len(logged(code, ALLCONNECTS_LOG_LEVEL=level)[0]) == shown


def test_the_console_format_is_for_people(logged: Any) -> None:
    (line,), _ = logged("structlog.get_logger().info('gateway.listening')", ALLCONNECTS_LOG_FORMAT="console")
    assert "gateway.listening" in line
    assert not line.startswith("{")


def test_a_message_that_a_library_put_together_is_not_written(logged: Any) -> None:
    """Django quotes a wrong Host header in a message of its own making; anybody may send one."""
    lines, _ = logged(
        f"""
        logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header: {PERSONAL[1]!r}")
        logging.getLogger("django.request").error("%s: %s", "Bad", "{PERSONAL[0]}", extra={{"status_code": 400}})
        """
    )
    first, second = map(json.loads, lines)
    assert first["event"] == "django.security.DisallowedHost spoke"
    assert (second["event"], second["status"]) == ("%s: %s", 400)
    assert not any(text in line for text in PERSONAL for line in lines)
