"""The documentation is complete and points at what exists: settings, commands, protocols, metrics, events, labels."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from prometheus_client.metrics import MetricWrapperBase

from allconnects import cli
from allconnects.kit import config, labels
from allconnects.privacy.retention import RULES
from allconnects.telemetry.codecs.registry import codecs

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:src|tests|tools|docs)/(?![\w/.-]*NAME)[\w./-]+)`")

BY_USER = {
    "home": "`/var/lib/allconnects/home` as root, else `~/.local/share/allconnects`",
    "vault_root": "`/etc/allconnects/vault.root` as root, else `~/.config/allconnects/vault.root`",
}
"""Defaults that differ between root and others."""


def text(name: str) -> str:
    """A page."""
    return (ROOT / name).read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of every line of every table of a page."""
    lines = (line for line in text(name).splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def shown_default(field: Any) -> str:
    """The default of a setting as the table shows it."""
    if field.name in BY_USER:
        return BY_USER[field.name]
    value = field.default if field.default is not MISSING else field.default_factory()
    if isinstance(value, dict):
        value = ",".join(f"{name}={port}" for name, port in value.items())
    return f"`{value}`" if value not in (None, "", ()) else "none"


def settings_table() -> str:
    """The table of settings that ``docs/operating.md`` must hold."""
    lines = ["| setting | default | what |", "|---|---|---|"]
    for field in fields(config.Settings):
        what = field.metadata["help"].replace("|", "\\|")
        lines.append(f"| `{config.PREFIX}{field.name.upper()}` | {shown_default(field)} | {what} |")
    return "\n".join(lines)


def commands(parser: argparse.ArgumentParser, path: tuple[str, ...] = ("allconnects",)) -> Iterator[str]:
    """Every command that ``--help`` lists, whole."""
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not actions:
        yield " ".join(path)
    for action in actions:
        for choice in action._choices_actions:
            yield from commands(action.choices[choice.dest], (*path, choice.dest))


def test_the_table_of_settings_is_that_of_the_program() -> None:
    assert settings_table() in text("docs/operating.md"), f"put this table there:\n{settings_table()}"


def test_every_command_is_described() -> None:
    listed = list(commands(cli._parser()))
    assert "allconnects device add" in listed
    assert not [command for command in listed if f"| `{command}" not in text("docs/operating.md")]


def test_every_protocol_is_described_with_its_port_and_quality() -> None:
    devices = {row[0]: row for row in rows("docs/devices.md")}
    readme = {row[0]: row for row in rows("README.md")}
    for name, one in codecs().items():
        transports = [part.strip().lower() for part in devices[f"`{name}`"][2].split(",")]
        assert tuple(transports) == one.manifest.transports
        assert devices[f"`{name}`"][3] == str(one.manifest.port) == str(config.PROTOCOL_PORTS[name])
        assert devices[f"`{name}`"][5] == readme[f"`{name}`"][2] == one.manifest.quality


def test_every_metric_is_described() -> None:
    from allconnects.site import background_metrics as jobs
    from allconnects.telemetry.gateway import metrics as gateway
    from allconnects.telemetry.store import metrics as store

    found = (*vars(gateway).values(), *vars(store).values(), *vars(jobs).values())
    collectors = [value for value in found if isinstance(value, MetricWrapperBase)]
    described = {row[0] for row in rows("docs/operating.md")}
    names = [
        metric.name + ("_total" if metric.type == "counter" else "")
        for collector in collectors
        for metric in collector.describe()
    ]
    assert len(names) >= 13
    assert [name for name in names if f"`{name}`" not in described] == []


def test_every_reason_to_turn_away_is_described() -> None:
    folder = ROOT / "src/allconnects/telemetry/gateway"
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    reasons = set(re.findall(r'refused\.labels\("(\w+)"\)', code))
    (row,) = [row for row in rows("docs/operating.md") if row[0] == "`allconnects_gateway_refused_total`"]
    assert set(re.findall(r"`(\w+)`", row[1])) == reasons


def test_every_event_is_described(database: None) -> None:
    from allconnects.telemetry.models import EventKind

    described = {row[0] for row in rows("docs/operating.md")}
    assert [kind for kind in EventKind.values if f"`{kind}`" not in described] == []


def test_every_word_of_a_label_is_described() -> None:
    described = {row[0].strip("`"): row for row in rows("docs/privacy-labels.md")}
    for name, kind in get_type_hints(labels.Label).items():
        words = labels.ERASURES if name == "erasure" else get_args(kind)
        if name not in ("schema", "excluded_because", "becomes"):
            assert set(re.findall(r"`([^`]+)`", described[name][2])) == set(words), name


def test_every_retention_class_is_described_with_its_limits() -> None:
    described = {row[0].strip("`"): row[1:] for row in rows("docs/privacy-labels.md")}
    for name, rule in RULES.items():
        days = [
            "its account or registration" if value is None else f"{value:g} day{'' if value == 1 else 's'}"
            for value in (rule.default_days, rule.cap_days)
        ]
        assert described[name] == [*days, rule.ground]


def anchors(page: Path) -> set[str]:
    """What a link into this page may point at."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_files_exist(page: Path) -> None:
    missing = []
    for target in LINK.findall(page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        other = (page.parent / name).resolve() if name else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            missing.append(target)
    missing += [name for name in FILE.findall(page.read_text("utf-8")) if not (ROOT / name).exists()]
    assert missing == []


def test_the_readme_begins_with_the_two_commands() -> None:
    first = text("README.md").split("```")[1]
    assert re.findall(r"^make \w+", first, re.MULTILINE) == ["make demo", "make test"]


def test_the_picture_of_the_map_is_small_and_large_enough_to_see() -> None:
    picture = (ROOT / "docs/img/map.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 400_000
    assert int.from_bytes(picture[16:20], "big") >= 1200
