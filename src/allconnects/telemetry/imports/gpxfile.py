"""GPX 1.0 and 1.1: the points of its tracks. Entities are refused, so a small file cannot unfold to a large one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from django.utils.translation import gettext as _

from allconnects.kit.errors import InvalidInput
from allconnects.telemetry.codecs.base import Position
from allconnects.telemetry.imports.fields import Fix, Problem, Wrong, degrees, measure, moment_ms, whole

_CHUNK: Final = 65_536
_WORDS: Final = frozenset({"time", "ele", "speed", "course", "sat"})
_KMH_OF_M_S: Final = 3.6


def read(source: BinaryIO) -> Iterator[Fix | Problem]:
    """Positions and problems in the order of the file. Raises InvalidInput for what is no well-formed GPX."""
    reader = _Reader()
    try:
        while chunk := source.read(_CHUNK):
            reader.parser.Parse(chunk, False)
            yield from reader.taken()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise InvalidInput(_("Line %(line)s: this is not well-formed XML.") % {"line": error.lineno}) from None
    yield from reader.taken()
    if not reader.is_gpx:
        raise InvalidInput(_("This file is not GPX."))


class _Reader:
    """Follows the parser through the file."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.is_gpx = False
        self._found: list[Fix | Problem] = []
        self._point: dict[str, str] | None = None
        self._words: list[str] | None = None
        self._line = 0

    def taken(self) -> list[Fix | Problem]:
        """What was read since the last call."""
        found, self._found = self._found, []
        return found

    def _entity(self, *_declaration: object) -> None:
        raise InvalidInput(_("The file declares an entity, which GPX needs none of."))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.is_gpx |= name == "gpx"
        if name == "trkpt":
            self._point, self._line = dict(attributes), self.parser.CurrentLineNumber
        elif self._point is not None and name in _WORDS:
            self._words = []

    def _text(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if self._point is None:
            return
        if name == "trkpt":
            self._found.append(_read(self._line, self._point))
            self._point = None
        elif self._words is not None and name in _WORDS:
            self._point[name] = "".join(self._words)
            self._words = None


def _read(line: int, told: dict[str, str]) -> Fix | Problem:
    try:
        speed, satellites = measure(told.get("speed")), whole(told.get("sat", ""))
        position = Position(
            moment_ms(told.get("time", "")), True, degrees(told.get("lat"), 90), degrees(told.get("lon"), 180),
            measure(told.get("ele")), None if speed is None else speed * _KMH_OF_M_S, measure(told.get("course")),
            {} if satellites is None else {"sat": satellites},
        )  # fmt: skip
    except Wrong as error:
        return Problem(line, str(error))
    return Fix(line, "", position)
