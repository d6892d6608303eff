"""Whom a request is about, and which rows of which tables are theirs: found from labels, never listed by hand."""

from allconnects.privacy.subjects.reach import Found, Reach, reach
from allconnects.privacy.subjects.subject import Subject, resolved

__all__ = ["Found", "Reach", "Subject", "reach", "resolved"]
