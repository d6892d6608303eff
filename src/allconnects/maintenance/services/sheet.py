"""Hours that materials ran, as a file for a spreadsheet: the sum of each, and each day."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from allconnects.fleet.models import Material
from allconnects.maintenance.models import Usage

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_Rows = Sequence[Usage]
_Named = Mapping[int, Material]
_HOURS = "#,##0.0"


def hours_xlsx(first: date, last: date) -> bytes:
    """All materials whose trackers told of hours from one day to another, both included; archived ones too."""
    import xlsxwriter

    rows = list(Usage.objects.filter(day__gte=first, day__lte=last).order_by("material__name", "material_id", "day"))
    named = Material.objects.in_bulk({one.material_id for one in rows})
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    bold = book.add_format({"bold": True, "bg_color": "#EEF2F7"})
    _totals(book.add_worksheet(_("Hours used")), rows, named, bold, book.add_format({"num_format": _HOURS}))
    _days(book.add_worksheet(_("Each day")), rows, named, bold, book.add_format({"num_format": _HOURS}))
    book.close()
    return target.getvalue()


def _head(sheet: Worksheet, titles: Sequence[str], bold: Format) -> None:
    sheet.write_row(0, 0, titles, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, len(titles) - 1, 16)


def _totals(sheet: Worksheet, rows: _Rows, named: _Named, bold: Format, hours: Format) -> None:
    _head(sheet, [_("Material"), _("Category"), _("Serial number"), _("Days used"), _("Hours")], bold)
    days: dict[int, list[int]] = {}
    for one in rows:
        days.setdefault(one.material_id, []).append(one.seconds)
    for place, (key, seconds) in enumerate(days.items(), 1):
        material = named[key]
        for column, text in enumerate((material.name, material.get_category_display(), material.serial)):
            sheet.write_string(place, column, str(text))
        sheet.write_number(place, 3, sum(one > 0 for one in seconds))
        sheet.write_number(place, 4, sum(seconds) / 3600, hours)


def _days(sheet: Worksheet, rows: _Rows, named: _Named, bold: Format, hours: Format) -> None:
    _head(sheet, [_("Material"), _("Day"), _("Hours"), _("Told by")], bold)
    for place, one in enumerate(rows, 1):
        sheet.write_string(place, 0, named[one.material_id].name)
        sheet.write_datetime(place, 1, one.day)
        sheet.write_number(place, 2, one.seconds / 3600, hours)
        sheet.write_string(place, 3, str(one.get_source_display()))
