"""The vault as the rooms above see it: ask for a key, change its state, destroy it."""

from __future__ import annotations

import atexit
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Self
from uuid import UUID

import psycopg

from allconnects.kit import config, db
from allconnects.kit.errors import InvalidInput
from allconnects.privacy.vault import changes, keys
from allconnects.privacy.vault.cache import KeyCache
from allconnects.privacy.vault.chain import Known, Opened, Opener, Rows, chain_of, made, states_of, there
from allconnects.privacy.vault.errors import KeyMissing, KeyRefused, MoveRefused
from allconnects.privacy.vault.identity import Identity, identify
from allconnects.privacy.vault.ledger import Ledger
from allconnects.privacy.vault.listener import Listener
from allconnects.privacy.vault.log import UnwrapLog
from allconnects.privacy.vault.root import FileRoot, RootKey
from allconnects.privacy.vault.rows import ALL, CLASSES, Connection, Place, Subject, rows_at
from allconnects.privacy.vault.states import STORAGE, State, check_purpose, refusal

TTL_S = 60.0
_WHO = re.compile(r"(account|token|process):[A-Za-z0-9._-]{1,64}")
_REASON = re.compile(r"[A-Za-z0-9._/-]{1,64}")

Answers = dict[Subject, bytes | KeyRefused]


class Vault:
    """Keys of one installation. Safe to use from several threads; close it so that its log is whole.

    ``who`` is ``account:ID``, ``token:ID`` or ``process:NAME``; ``purpose`` a word of ``states.PURPOSES``; ``klass``
    one of ``CLASSES``. Every method raises DatabaseUnavailable when the database does not answer, and RootMissing,
    RootWrong or Damaged when keys cannot be opened.
    """

    def __init__(
        self,
        conninfo: str,
        root: RootKey,
        ledger: Ledger,
        *,
        ttl_s: float = TTL_S,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.ledger = ledger
        self._conninfo = conninfo
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._identity: Identity | None = None
        self._known = Known()
        self.cache = KeyCache(ttl_s, seconds)
        self.log = UnwrapLog(self.session)
        self._listener: Listener | None = None

    def key(self, organisation: int, subject: Subject, klass: str, *, purpose: str, who: str) -> bytes:
        """The key of 32 bytes that opens what was sealed. Raises KeyMissing, KeyRestricted, KeyHeld, KeyDestroyed."""
        return self.keys_for(organisation, [subject], klass, purpose, who)[subject]

    def key_for_sealing(self, organisation: int, subject: Subject, klass: str, *, who: str) -> bytes:
        """The key to seal with, made when there is none. Raises KeyDestroyed: then there is nothing to keep."""
        return self.keys_for_sealing(organisation, [subject], klass, who)[subject]

    def keys_for(
        self, organisation: int, subjects: Iterable[Subject], klass: str, purpose: str, who: str
    ) -> dict[Subject, bytes]:
        """The keys of many subjects in one round trip; raises for the first that is refused."""
        return _granted(self.answers_for(organisation, subjects, klass, purpose, who))

    def keys_for_sealing(
        self, organisation: int, subjects: Iterable[Subject], klass: str, who: str
    ) -> dict[Subject, bytes]:
        """The same to seal with: keys that are missing are made, restricted and held ones are given."""
        return _granted(self.answers_for(organisation, subjects, klass, STORAGE, who, make=True))

    def answers_for(
        self,
        organisation: int,
        subjects: Iterable[Subject],
        klass: str,
        purpose: str,
        who: str,
        *,
        make: bool = False,
    ) -> Answers:
        """For each subject its key, or the error that says why there is none for this purpose."""
        check_purpose(purpose)
        _check_who(who)
        places = [Place(organisation, subject, _class(klass)) for subject in dict.fromkeys(subjects)]
        here: dict[Place, Opened | KeyRefused] = dict(self._cached(places))
        missing = [place for place in places if place not in here]
        if missing:
            here |= self._read(missing, purpose, make=make)
        answers = {place: _answer(here[place], purpose) for place in places}
        ids = [one.ids[-1] for place, one in here.items() if isinstance(one, Opened) and _is_key(answers[place])]
        self.log.note(organisation, ids, who, purpose)
        return {place.subject: answers[place] for place in places}

    def tag(self, *parts: str | int | UUID) -> bytes:
        """A keyed hash of 32 bytes: equal for equal parts, and nothing without the vault's secret, which is wrapped."""
        with self.session() as connection:
            return keys.tag(self._identify(connection).secret, "allconnects", *parts)

    def state(self, organisation: int, subject: Subject, klass: str = ALL) -> State:
        """The state of a key, or of a subject as a whole; nothing is unwrapped. Raises KeyMissing."""
        place = Place(organisation, subject, klass if klass == ALL else _class(klass))
        with self.session() as connection:
            row = rows_at(connection, [place]).get(place)
        if row is None:
            raise KeyMissing("nothing was sealed under such a key")
        return row.state

    def set_state(
        self, organisation: int, subject: Subject, state: State, *, who: str, reason: str, klass: str = ALL
    ) -> bool:
        """Restrict, hold or release a subject as a whole, or one class of it; later keys under it obey too.

        ``reason``: the reference of a request or case, no words about people. Returns whether anything changed.
        """
        if state == "destroyed":
            raise MoveRefused("a key is destroyed by destroy(), which also writes the ledger")
        _check_why(who, reason)
        place = Place(organisation, subject, klass if klass == ALL else _class(klass))
        with self.session() as connection:
            done = changes.change(connection, self._opener(connection), place, state, who, reason)
        self._heard("*")
        return done

    def destroy(self, organisation: int, subject: Subject, *, who: str, reason: str, klass: str = ALL) -> bool:
        """Destroy the key of a subject and all under it, or one class of it; for an organisation, everything.

        Nothing can be sealed for it afterwards. Returns False when it was gone already. Raises MoveRefused while
        a legal hold is on it.
        """
        _check_why(who, reason)
        place = Place(organisation, subject, klass if klass == ALL else _class(klass))
        self.ledger.ready()
        with self.session() as connection:
            identity = self._identify(connection)
            done = changes.destroy(connection, identity, place, who, reason)
            self._heard("*")
            changes.reconcile(connection, identity, self.ledger)
            return done

    def name(self) -> UUID:
        """Which vault this is."""
        with self.session() as connection:
            return self._identify(connection).vault

    def close(self) -> None:
        """Write the rest of the log and forget all keys."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        try:
            self.log.flush()
        finally:
            self.cache.listening(False)
            self._known.clear()
            with self._lock:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """The connection of the vault, for one thread at a time; autocommit. A broken one is replaced at next use."""
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = _connect(self._conninfo)
            try:
                yield self._connection
            except psycopg.OperationalError as error:
                self._connection.close()
                raise db.DatabaseUnavailable("the database of the vault does not answer") from error

    def _cached(self, places: Sequence[Place]) -> dict[Place, Opened]:
        if self._listener is None:
            with self._lock:
                if self._listener is None:
                    self._listener = Listener(self._conninfo, self._heard, self.cache.listening, self._work)
                    self._listener.start()
        return self.cache.get(places)

    def _read(self, places: Sequence[Place], purpose: str, *, make: bool) -> dict[Place, Opened | KeyRefused]:
        """Keys from the database. One that is refused is not unwrapped."""
        epoch = self.cache.epoch
        with self.session() as connection:
            opener = self._opener(connection)
            rows = rows_at(connection, places)
            wanted = [place for place in places if make and _may_be_made(rows, place)]
            if wanted:
                with connection.transaction():
                    rows |= made(connection, opener, wanted)
        found: dict[Place, Opened | KeyRefused] = {}
        for place in places:
            chain = chain_of(rows, place)
            if refused := refusal(states_of(there(rows, place)), purpose):
                found[place] = refused
            else:
                found[place] = opener.open(chain) if chain else KeyMissing("nothing was sealed under such a key")
        self.cache.put({place: one for place, one in found.items() if isinstance(one, Opened)}, epoch)
        return found

    def _opener(self, connection: Connection) -> Opener:
        return Opener(self._identify(connection), self.root, self._known)

    def _identify(self, connection: Connection) -> Identity:
        if self._identity is None:
            self._identity = identify(connection, self.root)
        return self._identity

    def _heard(self, payload: str) -> None:
        self._known.clear()
        if payload == "*":
            self._identity = None
            self.cache.forget()
        else:
            self.cache.changed(UUID(payload))

    def _work(self) -> None:
        self.cache.tidy()
        self._known.clear()
        self.log.flush()


def _may_be_made(rows: Rows, place: Place) -> bool:
    return chain_of(rows, place) is None and refusal(states_of(there(rows, place)), STORAGE) is None


def _answer(found: Opened | KeyRefused, purpose: str) -> bytes | KeyRefused:
    if isinstance(found, KeyRefused):
        return found
    return refusal(found.states, purpose) or found.key


def _is_key(answer: bytes | KeyRefused) -> bool:
    return not isinstance(answer, KeyRefused)


def _granted(answers: Answers) -> dict[Subject, bytes]:
    for answer in answers.values():
        if isinstance(answer, KeyRefused):
            raise answer
    return {subject: answer for subject, answer in answers.items() if isinstance(answer, bytes)}


def _class(klass: str) -> str:
    if klass not in CLASSES:
        raise InvalidInput("a key is for one class of data: " + ", ".join(CLASSES))
    return klass


def _check_who(who: str) -> None:
    if not _WHO.fullmatch(who):
        raise InvalidInput("who asks for a key is account:ID, token:ID or process:NAME")


def _check_why(who: str, reason: str) -> None:
    _check_who(who)
    if not _REASON.fullmatch(reason):
        raise InvalidInput("the reason of a change is a short reference, without words about people")


def _connect(conninfo: str) -> Connection:
    try:
        return psycopg.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        raise db.DatabaseUnavailable("the database of the vault does not answer") from error


def from_settings() -> Vault:
    """A vault as the settings say, for one use; ``with`` closes it."""
    settings = config.current()
    root = FileRoot(settings.vault_root, settings.home)
    ledger = Ledger(settings.vault_root.with_name(settings.vault_root.name + ".destroyed"))
    return Vault(db.conninfo("vault", "allconnects-vault"), root, ledger)


@cache
def open_vault() -> Vault:
    """The vault of this process, which lives as long as it does."""
    vault = from_settings()
    atexit.register(vault.close)
    return vault
