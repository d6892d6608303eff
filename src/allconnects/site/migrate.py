"""Bring the database to the schema of this program: roles, tables, privileges. Safe to run by two at once."""

from __future__ import annotations

import os
import subprocess
import sys

from allconnects.billing import migrate as billing
from allconnects.kit import db
from allconnects.kit.bootstrap import BootstrapError, bootstrap
from allconnects.kit.errors import AllconnectsError
from allconnects.privacy.vault import migrate as vault
from allconnects.privacy.vault.errors import RootUnwritable

_LOCK = 0x616C6C64


class MigrationError(AllconnectsError):
    """The schema could not be brought up to date; the program must not start."""

    code = "migration"


def migrate() -> None:
    """Make roles and databases, then migrate in a process of its own, which alone speaks as the owner.

    What the operator must know of the vault goes to standard error. Raises MigrationError, BootstrapError, BillingError
    or VaultError with one line.
    """
    bootstrap()
    command = [sys.executable, "-m", "allconnects.site.migrate"]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode == 3:
        raise MigrationError(done.stderr.strip())
    if done.returncode:
        raise MigrationError("the database could not be migrated:\n" + done.stderr.strip())
    billing.migrate()
    if said := _vault():
        sys.stderr.write(f"allconnects: {said}\n")


def _vault() -> str:
    """A vault that cannot be made here yet keeps nobody from mapping; one whose root key is wrong or lost does."""
    try:
        return vault.migrate()
    except (BootstrapError, RootUnwritable, db.DatabaseUnavailable) as error:
        return f"nothing is sealed until this is mended: {error.message}"


def _run() -> None:
    db.set_process_role("owner")
    os.environ["DJANGO_SETTINGS_MODULE"] = "allconnects.site.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from allconnects.accounts.security import secure
    from allconnects.privacy.erasure.policies import guard

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    _refuse_newer()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    secure(connection)
    with connection.cursor() as cursor:
        guard(cursor)


def _refuse_newer() -> None:
    """A schema that a newer version made may hold what this version would break."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations or ()
        if app in loader.migrated_apps
        and (app, name) not in loader.disk_migrations
        and (app, name) not in loader.replacements
    )
    if unknown:
        raise MigrationError(
            f"the database was made by a newer version of allconnects (it has {unknown[-1]}); install that version"
        )


if __name__ == "__main__":
    try:
        _run()
    except AllconnectsError as error:
        sys.stderr.write(error.message + "\n")
        sys.exit(3)
