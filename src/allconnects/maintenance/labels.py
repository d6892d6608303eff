"""Privacy labels of the tables of this room: who did what with which vehicle reaches a person."""

from __future__ import annotations

from dataclasses import replace

from allconnects.fleet.labels import register_label

PLAN = register_label("user.device")
WEEKDAYS = register_label("user.device", schema="numbers of weekdays, 0 is Monday")
WORK = register_label("user.device")
DONE_BY = replace(register_label("user.unique_id", "indirect", "derived"), erasure="nullify")
NOTE = register_label("user.account", "indirect")
