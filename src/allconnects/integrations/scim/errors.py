"""Errors as RFC 7644, section 3.12, wants them: a status, sometimes one of its words, and a text without values."""

from __future__ import annotations

from typing import Any

SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """Refused; ``word`` is a ``scimType`` of RFC 7644, table 9, or empty."""

    def __init__(self, status: int, detail: str, word: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.word = status, detail, word

    def body(self) -> dict[str, Any]:
        """The JSON of the answer; ``status`` is a text there."""
        word = {"scimType": self.word} if self.word else {}
        return {"schemas": [SCHEMA], "status": str(self.status), **word, "detail": self.detail}


def invalid(detail: str, word: str = "invalidValue") -> ScimError:
    """400 with a word."""
    return ScimError(400, detail, word)
