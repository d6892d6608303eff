"""Documents of data protection, made from inventory and registry, so that they say what the software does.

Nothing here is written by hand twice: a table, a purpose or a recipient that is added appears, one that goes
disappears, and a test fails until the files under ``docs/privacy`` are made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from allconnects.kit.labels import Label, Table, aside, tables
from allconnects.privacy.registry.book import Book, shipped
from allconnects.privacy.registry.entries import Product, Purpose, Stored
from allconnects.privacy.registry.gaps import GAPS
from allconnects.privacy.registry.parties import PRODUCTS, STORED
from allconnects.privacy.registry.words import BASES, CATEGORIES, PARTIES, RECIPIENT_KINDS, RETENTIONS, SUBJECTS
from allconnects.privacy.retention import RULES

LANGUAGES = ("nl", "fr", "en", "de")
_WHOLE = gettext_noop("the platform with all its products")
Rows = Iterable[Iterable[str]]
RESPONSIBLE = gettext_noop(
    "The operator of this server is responsible for accounts and security; the employer who uses it is responsible for "
    "where vehicles, teams and materials are, and the operator works for him. Their names and the address of the data "
    "protection officer stand on the privacy page of the server."
)
RIGHTS = gettext_noop(
    "You may ask for information, access and a copy, rectification, erasure, restriction and a portable file, you may "
    "object, and you may withdraw a consent as easily as you gave it. An answer comes within one month. Nothing about "
    "you is decided by a machine alone. You may complain to the Belgian Data Protection Authority: "
    "www.dataprotectionauthority.be."
)


@dataclass(frozen=True, slots=True)
class Use:
    """Columns of one table that share why they are kept."""

    table: str
    label: Label


def uses(prefixes: tuple[str, ...] = ("",)) -> list[Use]:
    """What is personal in tables whose names begin so, each combination of words once, in a stable order."""
    found = {
        Use(table.name, _essence(label)): None
        for table in _sorted(prefixes)
        for label in table.columns.values()
        if label.personal
    }
    return list(found)


def _sorted(prefixes: tuple[str, ...]) -> list[Table]:
    return [table for name, table in sorted({**tables(), **aside()}.items()) if name.startswith(prefixes)]


def _essence(label: Label) -> Label:
    return Label(
        label.category, label.group, label.subject, label.identifiability, label.purpose, label.basis,
        label.retention, "none", "derived",
    )  # fmt: skip


def _table(head: Iterable[str], rows: Rows) -> str:
    cells = [list(head), *(list(row) for row in rows)]
    width = len(cells[0])
    lines = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]]) + "\n"


def _heading(level: str, text: str) -> str:
    """Apart from its text, which is then seen by who collects texts for translation."""
    return f"{level} {text}\n"


def _days(value: float | None) -> str:
    if value is None:
        return _("as long as the account or registration lasts")
    return _("%(days)s days") % {"days": f"{value:g}"}


def _purposes_of(found: list[Use], book: Book) -> list[Purpose]:
    used = {use.label.purpose for use in found}
    return [purpose for purpose in book.purposes if purpose.key in used]


def whole(language: str, book: Book) -> str:
    """The notice of all products together, as an organisation publishes it."""
    tables = tuple(sorted({prefix for product in PRODUCTS for prefix in product.tables}))
    return notice(Product("all", "allconnects", _WHOLE, tables, True), language, book)


def notice(product: Product, language: str, book: Book | None = None) -> str:
    """The privacy notice of one product, with what GDPR art. 13 and 14 ask for, in Markdown.

    ``book``: the registry of an organisation, in that language; as shipped by default.
    """
    found = uses(product.tables) if product.tables else []
    book = book or shipped()
    with override(language):
        parts = [
            _heading("#", _("Privacy notice") + f": {product.title}"),
            f"{product.title}: {_(product.text)}.\n",
            *([] if found else [_("This product is not built yet; it processes nothing.") + "\n"]),
        ]
        if found:
            parts += [
                _heading("##", _("Who is responsible")),
                _(RESPONSIBLE) + "\n",
                _heading("##", _("What, why and how long")),
                *(_purpose_section(purpose, found) for purpose in _purposes_of(found, book)),
                *_further_section(product, book),
                _heading("##", _("Who receives it")),
                _table(
                    (_("recipient"), _("what it is"), _("what it gets"), _("where")),
                    ((_(r.title), _(RECIPIENT_KINDS[r.kind]), _(r.gets), r.country) for r in book.recipients),
                ),
                _heading("##", _("Where data rest")),
                _table(
                    (_("place"), _("what it holds"), _("where")),
                    ((_(s.title), _(s.holds), s.country or _("as set by the operator")) for s in book.storage),
                ),
                _heading("##", _("Your rights")),
                _(RIGHTS) + "\n",
            ]  # fmt: skip
    return "\n".join(parts)


def _purpose_section(purpose: Purpose, found: list[Use]) -> str:
    rows: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for use in found:
        label = use.label
        if label.purpose == purpose.key:
            rows[label.category, label.basis, label.retention].add(label.subject)
    lines = [
        (_(CATEGORIES[category]), ", ".join(_(SUBJECTS[one]) for one in sorted(subjects)), _(BASES[basis]),
         _days(RULES[retention].default_days))
        for (category, basis, retention), subjects in sorted(rows.items())
    ]  # fmt: skip
    head = (_("data"), _("about"), _("on what ground"), _("kept"))
    role = _(PARTIES[purpose.party])
    return f"### {_(purpose.title)}\n\n{_(purpose.text)} ({role})\n\n{_table(head, lines)}"


def _further_section(product: Product, book: Book) -> Iterator[str]:
    if "reports_" in product.tables and book.further:
        yield _heading("##", _("What reports may be made for"))
        rows = ((_(one.title), ", ".join(_(BASES[basis]) for basis in one.bases)) for one in book.further if one.on)
        yield _table((_("for what"), _("on what ground")), rows)


def record(party: str, book: Book | None = None) -> str:
    """The record of processing: art. 30(1) as controller, art. 30(2) as processor."""
    article = "30(1)" if party == "controller" else "30(2)"
    parts = [f"# Record of processing activities, GDPR art. {article}\n", _record_head(party)]
    found, book = uses(), book or shipped()
    for purpose in book.purposes:
        mine = [use for use in found if use.label.purpose == purpose.key]
        if purpose.party == party and mine:
            parts.append(_activity(purpose, mine))
    receivers = (
        (r.title, r.kind, r.gets, r.country, f"`{r.setting}`" if r.setting else "", r.contract, r.ends_on)
        for r in book.recipients
    )
    head = ("recipient", "kind", "gets", "where", "switched on by", "contract", "ends on")
    parts += ["## Recipients\n", _table(head, receivers)]
    duties = ((one.title, one.citation, one.data, f"{one.days} days" if one.days else "") for one in book.obligations)
    parts += ["## Obligations by law\n", _table(("obligation", "law", "data", "for how long"), duties)]
    places = ((one.title, one.holds, one.country or "as set by the operator", one.protection) for one in book.storage)
    parts += ["## Where data rest, and how they are protected (art. 32)\n"]
    parts += [_table(("place", "holds", "country", "protection"), places)]
    return "\n".join(parts)


def _record_head(party: str) -> str:
    who = "Name and contact of the controller, and of the data protection officer"
    if party == "processor":
        who = "Name and contact of the processor, of each customer as controller, and of the data protection officers"
    return (
        f"{who}: as entered on the server under Organisation, Data protection. Transfers outside the EEA: none by the "
        "software itself; a push service is chosen by the browser of who switches push messages on.\n"
    )


def _activity(purpose: Purpose, found: list[Use]) -> str:
    rows: dict[tuple[str, str], set[str]] = defaultdict(set)
    for use in found:
        rows[use.label.category, use.label.retention].add(use.table)
    lines = [
        (
            CATEGORIES[category],
            RETENTIONS[retention],
            _limits(retention),
            ", ".join(f"`{name}`" for name in sorted(names)),
        )
        for (category, retention), names in sorted(rows.items())
    ]
    subjects = ", ".join(sorted({SUBJECTS[use.label.subject] for use in found}))
    bases = ", ".join(sorted({BASES[use.label.basis] for use in found}))
    table = _table(("category of data", "retention class", "kept (default, at most)", "tables"), lines)
    return f"## {purpose.title} (`{purpose.key}`)\n\n{purpose.text}\n\nAbout: {subjects}. Ground: {bases}.\n\n{table}"


def _limits(retention: str) -> str:
    rule = RULES[retention]
    if rule.default_days is None:
        return _days(None)
    most = "" if rule.cap_days is None else f", {rule.cap_days:g}"
    return f"{rule.default_days:g}{most} days"


def needed(one: Stored) -> str:
    """Whether it is needed, in the language of the moment."""
    if one.asked and one.essential:
        return _("once you use it")
    return _("yes") if one.essential else _("no: only if you accept")


def cookies(language: str) -> str:
    """Everything that a page stores in a browser."""
    with override(language):
        head = (_("name"), _("kind"), _("what for"), _("how long"), _("needed"))
        rows = ((f"`{s.name}`", s.kind, _(s.title), s.life, needed(s)) for s in STORED)
        intro = _(
            "Pages store only what they need to work. Nothing is stored to follow you, so there is nothing to refuse."
        )
        return "\n".join([_heading("#", _("Cookies and browser storage")), f"{intro}\n", _table(head, rows)])


def retention(language: str) -> str:
    """The schedule of retention."""
    with override(language):
        head = (_("data"), _("kept"), _("at most"), _("ground"))
        rows = (
            (_(RETENTIONS[name]), _days(rule.default_days), _days(rule.cap_days), rule.ground)
            for name, rule in RULES.items()
        )
        return "\n".join([_heading("#", _("Retention")), _table(head, rows)])


def dpia(book: Book | None = None) -> str:
    """The annex that an employer attaches to his data protection impact assessment (GDPR art. 35)."""
    parts = [
        "# Annex to a data protection impact assessment\n",
        "Following workers by location is on the Belgian list of processing that needs an assessment (art. 35(4)). "
        "What the software contributes follows from what it does; what only the employer knows is asked at the end.\n",
    ]
    book = book or shipped()
    for purpose in (*book.purposes, *(one for one in book.further if one.on)):
        test = purpose.assessment
        if test is None:
            continue
        safeguards = "\n".join(f"- {one}" for one in test.safeguards)
        parts.append(
            f"## {purpose.title}\n\nInterest: {test.interest}\n\nNecessity: {test.necessity}\n\n"
            f"Balance: {test.balance}\n\nSafeguards:\n\n{safeguards}\n\n"
            f"Looked at again every {test.review_months} months.\n"
        )
    parts.append(
        "## To be answered by the employer\n\n- Which of these purposes are used, for whom?\n"
        "- When were workers or their representatives consulted?\n- In which working times is recording on?\n"
        "- Who may see positions, and who checks that?\n"
    )
    return "\n".join(parts)


def gaps() -> str:
    """Where the published policy and the software differ, each with its reason and who must mend it."""
    rows = ((gap.clause, gap.policy, gap.software, gap.owner, gap.reason) for gap in GAPS)
    return (
        "# The published policy beside the software\n\n"
        + _table(("clause", "the policy says", "the software does", "to be mended by", "why they differ"), rows)
    )  # fmt: skip


def documents() -> Iterator[tuple[str, str]]:
    """Name and text of every document."""
    for language in LANGUAGES:
        for product in PRODUCTS:
            yield f"notice.{product.key}.{language}.md", notice(product, language)
        yield f"cookies.{language}.md", cookies(language)
        yield f"retention.{language}.md", retention(language)
    yield "record.controller.md", record("controller")
    yield "record.processor.md", record("processor")
    yield "dpia.annex.md", dpia()
    yield "gaps.md", gaps()


def write(folder: Path) -> list[str]:
    """Write what changed, remove what is no document any more. Returns the names of both."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = dict(documents())
    changed = [name for name, text in wanted.items() if is_stale(folder / name, text)]
    for name in changed:
        (folder / name).write_text(wanted[name], "utf-8")
    gone = [path for path in folder.glob("*.md") if path.name not in wanted]
    for path in gone:
        path.unlink()
    return sorted([*changed, *(path.name for path in gone)])


def is_stale(path: Path, text: str) -> bool:
    """Whether the file does not hold that text."""
    try:
        return path.read_text("utf-8") != text
    except FileNotFoundError:
        return True
