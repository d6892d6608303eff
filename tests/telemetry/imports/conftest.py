"""Errors are told in the language of whoever asks, so Django is set up."""

from tests import database

database.prepare()
