"""The base of every error that a person or a program may see."""

from __future__ import annotations


class AllconnectsError(Exception):
    """An expected failure, with a stable code, an HTTP status and a message for the person.

    The message never holds personal data: it may end up in a log or on somebody else's screen.
    """

    code = "error"
    status = 500

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = params


class ConfigError(AllconnectsError):
    """A setting is unknown or malformed; the program does not start."""

    code = "config"


class InvalidInput(AllconnectsError):
    """What was sent cannot be accepted as it is."""

    code = "invalid"
    status = 422


class NotFound(AllconnectsError):
    """There is no such thing, or not for this caller."""

    code = "not_found"
    status = 404


class Forbidden(AllconnectsError):
    """The caller is known but may not do this."""

    code = "forbidden"
    status = 403


class Withheld(AllconnectsError):
    """Something cannot go, because data in it are restricted or kept for a claim; whose, nobody is told."""

    code = "withheld"
    status = 409
