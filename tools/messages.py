"""Collect the texts of the project into the catalogues: ``python tools/messages.py``.

Texts that are new appear untranslated, texts that are gone disappear; ``--check`` only says whether any catalogue
lags behind, and changes nothing.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "allconnects"
LOCALES = SOURCE / "locale"
LANGUAGES = ("nl", "fr", "de")
KEYWORDS = {
    "gettext": None, "_": None, "gettext_lazy": None, "gettext_noop": None,
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "ngettext": (1, 2), "ngettext_lazy": (1, 2),
}  # fmt: skip
Found = tuple[str, "str | tuple[str, str]", str | None]


def messages() -> Iterator[Found]:
    """(file, text or (singular, plural), context) of everything that is marked for translation."""
    import django
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    for path in sorted(SOURCE.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield from _extract(name, path.read_text("utf-8"))
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            yield from _extract(name, _joined(templatize(path.read_text("utf-8"), origin=name)))


def _joined(code: str) -> str:
    """``templatize`` blanks markup out with X and spaces, which Python's tokenizer does not take."""
    calls = re.findall(
        r"(?:gettext|ngettext|pgettext|npgettext|_)\((?:[^()\"']|\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*')*\)", code
    )
    return "\n".join(calls)


def _extract(name: str, code: str) -> Iterator[Found]:
    for _line, text, _comments, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
        yield name, text, context


def template() -> Catalog:
    """A catalogue of all texts without translations."""
    catalogue = Catalog(project="allconnects", charset="utf-8")
    for name, text, context in messages():
        if text and text != ("", ""):
            catalogue.add(text, locations=[(name, 0)], context=context, flags=_flags(text))
    return catalogue


def _flags(text: str | tuple[str, str]) -> list[str]:
    one = text if isinstance(text, str) else text[0]
    return ["python-format"] if re.search(r"%\(\w+\)s", one) else []


def update(language: str, texts: Catalog) -> Catalog:
    """The catalogue of a language with exactly these texts, its translations kept."""
    path = LOCALES / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    else:
        catalogue = Catalog(locale=language, project="allconnects", charset="utf-8")
    catalogue.update(texts, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def write(language: str, catalogue: Catalog) -> None:
    """Write a catalogue without names and true dates, so that only changes of texts show."""
    catalogue.fuzzy = False
    catalogue.header_comment = f"# allconnects in {catalogue.locale.english_name if catalogue.locale else language}."
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = ""
    catalogue.version = "1"
    path = LOCALES / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False, omit_header=False, sort_output=True)


def lacking(catalogue: Catalog) -> list[str]:
    """Texts without a translation."""
    found = []
    for message in catalogue:
        texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        if message.id and not all(texts):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def main() -> int:
    """Update the catalogues, or with --check say what is missing (exit code 1), or with --list give all as JSON."""
    texts, failed = template(), False
    if "--list" in sys.argv:
        json.dump([message.id for message in texts if message.id], sys.stdout)
        return 0
    for language in LANGUAGES:
        catalogue = update(language, texts)
        missing = lacking(catalogue)
        failed = failed or bool(missing)
        print(f"{language}: {len(catalogue)} texts, {len(missing)} not translated")
        if "--check" not in sys.argv:
            write(language, catalogue)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
