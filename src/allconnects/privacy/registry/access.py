"""Who edits the registry: owners of the organisation, and its data protection officer; who answers requests, too."""

from __future__ import annotations

from allconnects.privacy.requests.access import answers, officer

may_edit = answers
editor = officer
