"""Database functions of support access: what is read, or asked, before it is known which tenant speaks."""

from __future__ import annotations

from allconnects.kit.db import role_name

_HEAD = "LANGUAGE {language} SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ {body} $$"
_COLUMNS = (
    "id integer, name character varying, slug character varying, takes_unknown_devices boolean, created_at timestamptz"
)
SIGNATURES = {
    "accounts_support_of(integer, timestamptz)": (
        f"CREATE OR REPLACE FUNCTION accounts_support_of(who integer, moment timestamptz) RETURNS TABLE ({_COLUMNS}, "
        "role character varying, support integer, ticket character varying, until timestamptz) STABLE "
        + _HEAD.format(
            language="sql",
            body="SELECT o.id, o.name, o.slug, o.takes_unknown_devices, o.created_at, 'support'::varchar, g.id, "
            "g.ticket, g.ends_at FROM accounts_supportgrant g "
            "JOIN accounts_supporter s ON s.account_id = g.account_id "
            "JOIN accounts_organisation o ON o.id = g.organisation_id "
            "WHERE g.account_id = who AND g.begins_at <= moment AND g.ends_at > moment AND g.ended_at IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM accounts_membership m WHERE m.account_id = who "
            "AND m.organisation_id = g.organisation_id) ORDER BY g.id",
        )
    ),
    "accounts_support_asked(integer)": (
        "CREATE OR REPLACE FUNCTION accounts_support_asked(who integer) RETURNS TABLE (organisation integer, "
        "name character varying, ticket character varying, asked_at timestamptz, begins_at timestamptz, "
        "ends_at timestamptz, ended_at timestamptz) STABLE "
        + _HEAD.format(
            language="sql",
            body="SELECT o.id, o.name, g.ticket, g.asked_at, g.begins_at, g.ends_at, g.ended_at "
            "FROM accounts_supportgrant g JOIN accounts_supporter s ON s.account_id = g.account_id "
            "JOIN accounts_organisation o ON o.id = g.organisation_id "
            "WHERE g.account_id = who ORDER BY g.id DESC LIMIT 50",
        )
    ),
    "accounts_support_ask(integer, character varying, character varying, timestamptz)": (
        "CREATE OR REPLACE FUNCTION accounts_support_ask(who integer, wanted character varying, "
        "reference character varying, moment timestamptz) RETURNS integer "
        + _HEAD.format(
            language="sql",
            body="INSERT INTO accounts_supportgrant (organisation_id, account_id, ticket, asked_at) "
            "SELECT o.id, s.account_id, reference, moment FROM accounts_organisation o, accounts_supporter s "
            "WHERE o.slug = wanted AND s.account_id = who AND NOT EXISTS (SELECT 1 FROM accounts_supportgrant g "
            "WHERE g.organisation_id = o.id AND g.account_id = who AND g.begins_at IS NULL AND g.ended_at IS NULL) "
            "RETURNING organisation_id",
        )
    ),
    "accounts_is_supporter(integer)": (
        "CREATE OR REPLACE FUNCTION accounts_is_supporter(who integer) RETURNS boolean STABLE "
        + _HEAD.format(
            language="sql", body="SELECT EXISTS (SELECT 1 FROM accounts_supporter s WHERE s.account_id = who)"
        )
    ),
}


def statements() -> list[str]:
    """SQL that makes the functions and lets the role ``web`` call them, and nobody else."""
    result = []
    for signature, create in SIGNATURES.items():
        result.append(create)
        result.append(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        result.append(f"GRANT EXECUTE ON FUNCTION {signature} TO {role_name('web')}")
    return result
