"""Every text of the project is translated, with the same placeholders."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|</?\w+>")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools/messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()


@pytest.fixture(scope="module")
def texts() -> list[str | tuple[str, str]]:
    """What the tool finds, asked of a process of its own: it sets Django up in its own way."""
    command = [sys.executable, str(ROOT / "tools/messages.py"), "--list"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return [tuple(one) if isinstance(one, list) else one for one in found]


def _catalogue(language: str) -> Catalog:
    with (ROOT / f"src/allconnects/locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file, locale=language)


def _forms(value: object) -> list[str]:
    return list(value) if isinstance(value, (list, tuple)) else [str(value)]


def test_texts_of_code_templates_and_scripts_are_found(texts: list[str | tuple[str, str]]) -> None:
    assert {"Map", "Sign in", "Follow", "There is no such device."} <= set(texts)


@pytest.mark.parametrize("language", tool.LANGUAGES)
def test_every_text_is_translated(language: str, texts: list[str | tuple[str, str]]) -> None:
    known = _catalogue(language)
    missing = [one for one in texts if (found := known.get(one)) is None or not all(_forms(found.string))]
    assert not missing, f"run tools/messages.py and translate into {language}: {missing}"


@pytest.mark.parametrize("language", tool.LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    assert [message.id for message in _catalogue(language) if message.id and not _same(message)] == []


def _same(message: Message) -> bool:
    """Form by form: a singular may say "one" where the plural has a number."""
    pairs = zip(_forms(message.id), _forms(message.string), strict=True)
    return all(sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(text)) for text, said in pairs)


def test_a_lost_placeholder_is_noticed() -> None:
    assert not _same(Message("{count} more", "nog meer"))
    assert _same(Message("{count} more", "nog {count}"))
    assert _same(Message(("one more", "{count} more"), ("nog een", "nog {count}")))
    assert not _same(Message(("one more", "{count} more"), ("nog een", "nog meer")))
