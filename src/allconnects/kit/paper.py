"""PDF by typst: a template of a room, its data as JSON, only the fonts that typst brings along."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext as _

from allconnects.kit.errors import AllconnectsError


class NotPrinted(AllconnectsError):
    """A document could not be made into a PDF."""

    code = "not_printed"
    status = 500


def compiled(
    package: str, template: str, data: Mapping[str, Any], *,
    at: float | None = None, form: Literal["pdf", "png"] = "pdf", ppi: float | None = None,
    files: Mapping[str, bytes] | None = None,
) -> list[bytes]:  # fmt: skip
    """The PDF, or a PNG of each page. The same data and moment ``at`` (seconds since 1970) give the same bytes.

    ``template``: path within the package; it reads ``data.json`` and ``files`` beside it. Raises NotPrinted when it
    cannot be made, which repeats nothing of what typst says: that repeats the data.
    """
    with tempfile.TemporaryDirectory(prefix="allconnects-pdf-") as folder:
        root = Path(folder)
        source = resources.files(package).joinpath(*template.split("/")).read_bytes()
        for name, content in {"page.typ": source, **(files or {})}.items():
            (root / name).write_bytes(content)
        (root / "data.json").write_text(json.dumps(data))
        compiler = typst.Compiler(str(root / "page.typ"), root=str(root), ignore_system_fonts=True)
        try:
            made = compiler.compile(format=form, ppi=ppi, timestamp=None if at is None else int(at))
        except typst.TypstError:
            raise NotPrinted(_("The PDF could not be made.")) from None
    return made if isinstance(made, list) else [made or b""]
