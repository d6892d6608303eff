"""PostgreSQL as a child of this process."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import psycopg

from allconnects.kit.postgres import settings, strays
from allconnects.kit.postgres.binaries import Binaries, find_binaries
from allconnects.kit.postgres.cluster import ENVIRONMENT, HERE, Cluster
from allconnects.kit.postgres.errors import DatabaseError, from_output
from allconnects.kit.postgres.output import ServerOutput
from allconnects.kit.postgres.socketdir import is_ours, make_socket_dir, record, recorded, remove_socket_dir
from allconnects.kit.postgres.user import Account, own_account, server_account
from allconnects.kit.spawn import spawn

log = logging.getLogger(__name__)

ROLES = (
    "postgres", "allconnects_owner", "allconnects_web", "allconnects_ingest", "allconnects_worker",
    "allconnects_rights", "allconnects_vault", "allconnects_billing",
)  # fmt: skip
_REPORT_EVERY_S = 5.0
_REFUSED_PATIENCE_S = 10.0


def dsn(socket_dir: Path, *, user: str = "postgres", dbname: str = "postgres") -> str:
    """The connection string for a server that listens in `socket_dir`; no PG* variable changes where to."""
    return psycopg.conninfo.make_conninfo(host=str(socket_dir), port=settings.PORT, user=user, dbname=dbname)


def socket_dir_of(home: Path) -> Path:
    """The socket folder of the cluster in `home`, for another process of the same user.

    Raises DatabaseError when no server was started on it (or on the folder that this one is a copy of).
    """
    folder = home / "postgres"
    found = recorded(folder, folder / "data")
    if found is None or not found.is_dir():
        raise DatabaseError(f"no database runs on {home}: start it with `allconnects up`")
    return found


class EmbeddedPostgres:
    """A PostgreSQL server on the cluster in `home`/postgres, made at first use.

    It has no network address; the kernel vouches for who connects (peer), and only the user that runs this
    process (root, and the server's own user, when that is root) may, as any of `roles`. It ends when this
    process ends. As a member of a `Supervisor` it is started again when it falls.
    """

    name = "postgres"
    grace_s = 60.0

    def __init__(
        self,
        home: Path,
        *,
        superuser: str = "postgres",
        roles: Sequence[str] = ROLES,
        binaries: Path | None = None,
    ) -> None:
        self.home = home.absolute()
        self.process: subprocess.Popen[bytes] | None = None
        self._superuser = superuser
        self._roles = tuple(dict.fromkeys((superuser, *roles)))
        self._binaries_folder = binaries
        self._account: Account | None = None
        self._binaries: Binaries | None = None
        self._cluster: Cluster | None = None
        self._socket_dir: Path | None = None
        self._output: ServerOutput | None = None
        self._kills = 0

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket: mode 0700, a short path. Raises DatabaseError before the first launch."""
        if self._socket_dir is None:
            raise DatabaseError("the database was not started")
        return self._socket_dir

    @property
    def dsn(self) -> str:
        """The connection string of the superuser."""
        return dsn(self.socket_dir, user=self._superuser)

    def start(self) -> None:
        """Launch the server and return when it accepts connections, crash recovery included.

        Raises DatabaseError or ConfigError with one line that says why it cannot.
        """
        try:
            self.launch()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Start the server without waiting for it, unless it runs; what an earlier one left is cleared first."""
        if self.process is not None and self.process.poll() is None:
            return
        account, binaries, cluster = self._parts()
        cluster.claim()
        cluster.prepare([own_account().name, account.name], self._roles)
        self._place_socket(cluster, account)
        self._kills = 0
        self.process = spawn(
            [binaries.program("postgres"), "-D", HERE, *settings.fixed(self.socket_dir)],
            env=ENVIRONMENT,
            cwd=cluster.data,
            run_as=account.run_as,
            umask=0o077,
            death_signal=signal.SIGINT,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        self._output = ServerOutput(self.process.stderr)

    def poll(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def is_ready(self) -> bool:
        """Whether a connection succeeds now."""
        return self._state() == "ready" and self._refusal() is None

    def terminate(self) -> None:
        """Ask for a fast shutdown: open transactions are rolled back, all else is written."""
        self._send(signal.SIGINT)

    def kill(self) -> None:
        """End it without writing: the next start recovers. A second call leaves its processes no choice."""
        self._kills += 1
        self._send(signal.SIGQUIT if self._kills == 1 else signal.SIGKILL)

    def stop(self) -> None:
        """Stop the server and release the folder; nothing happens when it does not run."""
        for ask, patience_s in ((self.terminate, self.grace_s), (self.kill, 7.0), (self.kill, 5.0)):
            if self.process is None or self.process.poll() is not None:
                break
            ask()
            _wait(self.process, patience_s)
        self._tidy()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _parts(self) -> tuple[Account, Binaries, Cluster]:
        self._account = self._account or server_account()
        self._binaries = self._binaries or find_binaries(self._account, self._binaries_folder)
        self._cluster = self._cluster or Cluster(self.home, self._account, self._binaries, self._superuser)
        return self._account, self._binaries, self._cluster

    def _place_socket(self, cluster: Cluster, account: Account) -> None:
        """Choose where to listen; the same place as long as it can be, as others know it by now."""
        if self._socket_dir is not None and is_ours(self._socket_dir, account.uid):
            return
        earlier = recorded(cluster.folder, cluster.data)
        self._socket_dir = make_socket_dir(self.home, account)
        if earlier is not None and earlier != self._socket_dir:
            remove_socket_dir(earlier, account.uid)
        record(cluster.folder, cluster.data, self._socket_dir)

    def _tidy(self) -> None:
        if self._cluster is not None and self._cluster.locked:
            strays.clear(self._cluster.data)
            if self._socket_dir is not None and self._account is not None:
                remove_socket_dir(self._socket_dir, self._account.uid)
            self._cluster.release()

    def _send(self, signum: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(signum)

    def _state(self) -> str:
        """What our server wrote down about itself; empty before it has."""
        if self.process is None or self._cluster is None:
            return ""
        pid, state = strays.status(self._cluster.data) or (0, "")
        return state if pid == self.process.pid else ""

    def _refusal(self) -> str | None:
        """Why a connection fails now, or None."""
        try:
            psycopg.connect(self.dsn, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return str(error).strip().splitlines()[-1]
        return None

    def _wait_until_ready(self) -> None:
        begin = said = time.monotonic()
        refused_since: float | None = None
        while (refusal := self._refusal() if self._state() == "ready" else "") is not None:
            self._raise_if_ended()
            now = time.monotonic()
            if refusal:
                refused_since = refused_since or now
                if now - refused_since > _REFUSED_PATIENCE_S:
                    raise DatabaseError(f"the database runs but refuses us: {refusal}")
            if now - said > _REPORT_EVERY_S:
                log.info(
                    "the database is starting (after a crash it repairs itself first): %d s so far",
                    now - begin,
                )
                said = now
            time.sleep(0.02)

    def _raise_if_ended(self) -> None:
        if self.poll() is not None and self._output is not None:
            raise from_output("starting the database", self._output.text(), self.home)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        log.warning("the database does not end within %d s", seconds)
