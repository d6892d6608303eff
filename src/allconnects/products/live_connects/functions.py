"""The database function that finds a share by the hash of its secret, before it is known which tenant speaks."""

from __future__ import annotations

from allconnects.kit.db import role_name

FIND = (
    "CREATE OR REPLACE FUNCTION live_share_of(hash character varying, moment timestamptz) "
    "RETURNS TABLE (id integer, organisation_id integer, begins_at timestamptz, ends_at timestamptz, "
    "with_name boolean, share_precision character varying) STABLE "
    "LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ "
    "SELECT s.id, s.organisation_id, s.begins_at, s.ends_at, s.with_name, s.precision FROM live_share s "
    "WHERE s.token_hash = hash AND s.revoked_at IS NULL AND s.begins_at <= moment AND s.ends_at > moment $$"
)
"""One that is revoked, over or not yet begun is not found: all three look like one that never was."""
SIGNATURE = "live_share_of(character varying, timestamptz)"


def statements() -> list[str]:
    """SQL that makes the function and lets the role ``web`` call it, and nobody else."""
    return [
        FIND,
        f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {role_name('web')}",
    ]
