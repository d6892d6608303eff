"""Privacy labels and privileges of the tables that Django and allauth bring along."""

from __future__ import annotations

from allconnects.accounts import labels
from allconnects.kit.labels import NOT_PERSONAL, Label, Table, Way, ages, register

CACHE_TABLE = "site_cache"


_CREDENTIAL = labels.account_label(
    "user.account", "pseudonymous", "observed", group="security", purpose="account.security"
)
_LIMIT = Label(
    "user.device.ip_address", "security", "account_holder", "pseudonymous", "account.security",
    "legitimate_interest", "session", "delete_row", "excluded",
    schema="pickled list of the moments of recent attempts, or a lock",
    excluded_because="a keyed hash that lives for minutes; nobody can tell whose it is",
)  # fmt: skip
_WRITES = "SELECT, INSERT, UPDATE, DELETE"
_JOB = Label(
    "user.unique_id.pseudonymous", "product_service", "driver", "pseudonymous", "service.operate",
    "legitimate_interest", "job", "delete_row", "excluded",
    schema="ids, days and short words that a task takes (kit/jobs.py), and the organisation",
    excluded_because="work to be done; what it is about is in the export itself",
)  # fmt: skip


def _queue(name: str, *columns: str, ways: tuple[Way, ...] = (), nobody: str = "", more: str = "") -> Table:
    """A table of procrastinate: only the worker reaches it, others ask through functions (``jobs_sql.py``)."""
    return Table(name, dict.fromkeys(columns, _JOB), worker=_WRITES, ways=ways, nobody=nobody, more=more)


def _machinery(name: str, *columns: str, web: str = "") -> Table:
    return Table(name, dict.fromkeys(columns, NOT_PERSONAL), web=web)


TABLES = (
    _machinery("django_migrations", "id", "app", "name", "applied", web="SELECT"),
    _machinery("django_content_type", "id", "app_label", "model"),
    _machinery("auth_permission", "id", "name", "content_type_id", "codename"),
    _machinery("auth_group", "id", "name"),
    _machinery("auth_group_permissions", "id", "group_id", "permission_id"),
    Table(
        CACHE_TABLE, dict.fromkeys(("cache_key", "value", "expires"), _LIMIT), web=_WRITES, worker="SELECT, DELETE",
        ways=(Way("any"),),
    ),
    Table(
        "account_emailaddress",
        {
            **dict.fromkeys(("id", "user_id", "verified", "primary"), labels.STATE),
            "email": labels.EMAIL,
        },
        web=_WRITES,
    ),
    Table(
        "account_emailconfirmation",
        {
            **dict.fromkeys(("id", "email_address_id", "created", "sent"), labels.STATE),
            "key": labels.credential_label("a secret that was mailed"),
        },
        web=_WRITES,
    ),
    Table(
        "mfa_authenticator",
        {
            **dict.fromkeys(("id", "user_id", "type", "created_at", "last_used_at"), _CREDENTIAL),
            "data": labels.account_label(
                "user.authorization.credentials", "pseudonymous", "excluded", group="security",
                purpose="account.security",
                schema="JSON by type: encrypted TOTP secret; seed of recovery codes; name and public key of a passkey",
                because="secrets; disclosing them weakens the account",
            ),
        },
        web=_WRITES,
    ),
    _queue(
        "procrastinate_jobs", "id", "queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "status",
        "scheduled_at", "attempts", "abort_requested", "worker_id", ways=(Way("word", "args"), Way("word", "lock")),
    ),
    _queue("procrastinate_events", "id", "job_id", "type", "at"),
    _queue("procrastinate_periodic_defers", "id", "task_name", "defer_timestamp", "job_id", "periodic_id",
        nobody="when the clock asked for what", more="SELECT, UPDATE"),
    _queue("procrastinate_workers", "id", "last_heartbeat", nobody="processes of the platform"),
)  # fmt: skip


def register_all() -> None:
    """Add them to the inventory."""
    for table in TABLES:
        register(table)


ages(CACHE_TABLE, "{t}.expires - interval '14 days'", "worker")
ages("accounts_session", "{t}.expire_date - interval '14 days'", "worker")
ages("accounts_invitation", "{t}.created_at", "worker")
ages("accounts_supportgrant", "{t}.asked_at", "worker")
ages("accounts_supportvisit", "(SELECT g.asked_at FROM accounts_supportgrant g WHERE g.id = {t}.grant_id)", "worker")
_ENDED = "SELECT 1 FROM procrastinate_jobs j WHERE j.id = {t}.job_id AND j.status IN ('todo', 'doing')"
ages(
    "procrastinate_jobs",
    "CASE WHEN {t}.status NOT IN ('todo', 'doing') "
    "THEN (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = {t}.id) END",
    "worker",
)
ages("procrastinate_events", f"CASE WHEN NOT EXISTS ({_ENDED}) THEN {{t}}.at END", "worker")
ages("procrastinate_periodic_defers", "to_timestamp({t}.defer_timestamp)")
ages("procrastinate_workers", "{t}.last_heartbeat")
