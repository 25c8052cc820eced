"""Who may do what: tokens, roles, pairing codes.

A token is 32 random bytes, of which the database keeps only the SHA-256. `Tokens` is the book of tokens and works
whether the hub is up, down or was never started; `Access` is how the running hub looks tokens up without waiting for
the database at each request: it knows a new token at first sight and a revoked one within a second.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, cast, get_args

from sqlalchemy import BigInteger, Column, Connection, Engine, Table, Text, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, SQLModel

from hub.clock import Clock, SystemClock
from hub.errors import BadValue, Conflict, NotFound, NoToken, StorageFull
from hub.eventlog import Database

Role = Literal["device", "clerk", "manager", "inspector", "admin"]
"""Roles are sets, not an order (interfaces.md)."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)

FRESH_NS: Final = 500_000_000
"""So long a look at the book of tokens may be trusted: a revoked one is refused within 1 s, on `/live` too."""
CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of pairing codes, which people may have to type: nothing that looks like something else."""
CODE_LENGTH: Final = 12
"""60 random bits; guesses are counted (hub.web.attempts) and a code lives for minutes."""
CODE_LIFE_S: Final = 15 * 60
NAME_MOST: Final = 64


class TokenRow(SQLModel, table=True):
    """One token: whose, which role, and the hash by which it is known."""

    __tablename__ = "tokens"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    role: str = Field(sa_column=Column(Text, nullable=False))
    hash: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    created_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    revoked_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class PairingRow(SQLModel, table=True):
    """One pairing code, until it is used up."""

    __tablename__ = "pairing_codes"

    hash: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    role: str = Field(sa_column=Column(Text, nullable=False))
    expires_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    uses_left: int


def _table(model: type[SQLModel]) -> Table:
    return cast("Table", getattr(model, "__table__"))  # noqa: B009 - SQLModel's types don't name it


_TOKENS = _table(TokenRow)
_CODES = _table(PairingRow)


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token belongs to."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as it is listed; the token itself is known to its owner only."""

    name: str
    role: Role
    created_ms: int
    revoked_ms: int | None


def hash_token(token: str) -> str:
    """What stands for a token or a code in the database."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Tokens:
    """The book of tokens and pairing codes. Blocks; brings the database's schema up to date at first."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        database.migrate()
        self._engine: Engine = database.engine()
        self._clock = clock or SystemClock()

    def create(self, name: str, role: str) -> str:
        """A new token; Conflict where the name has one, BadValue for a name or role that can't be."""
        with self._engine.begin() as connection:
            return self._create(connection, name, role)

    def list(self) -> list[TokenInfo]:
        """All tokens by name, the revoked ones too."""
        query = select(_TOKENS.c.name, _TOKENS.c.role, _TOKENS.c.created_ms, _TOKENS.c.revoked_ms)
        with self._engine.connect() as connection:
            return [TokenInfo(*row) for row in connection.execute(query.order_by(_TOKENS.c.name))]

    def revoke(self, name: str) -> None:
        """The token is refused from now on; NotFound where there is none in force."""
        query = (
            update(_TOKENS)
            .where(_TOKENS.c.name == name, _TOKENS.c.revoked_ms.is_(None))
            .values(revoked_ms=self._clock.wall_ms())
        )
        with self._engine.begin() as connection:
            if connection.execute(query).rowcount == 0:
                raise NotFound("token", name)

    def in_force(self) -> dict[str, Principal]:
        """Whose tokens are good, by their hashes."""
        query = select(_TOKENS.c.hash, _TOKENS.c.name, _TOKENS.c.role).where(_TOKENS.c.revoked_ms.is_(None))
        with self._engine.connect() as connection:
            return {row.hash: Principal(row.name, row.role) for row in connection.execute(query)}

    def create_code(self, name: str, role: str, *, uses: int = 1, life_s: float = CODE_LIFE_S) -> str:
        """A pairing code, good for `uses` pairings within `life_s`; each makes a token of that role."""
        _check(name, role)
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        now_ms = self._clock.wall_ms()
        row = {
            "hash": hash_token(code),
            "name": name,
            "role": role,
            "expires_ms": now_ms + round(life_s * 1000),
            "uses_left": uses,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(_CODES).where((_CODES.c.expires_ms <= now_ms) | (_CODES.c.uses_left <= 0)))
            connection.execute(insert(_CODES), row)
        return code

    def pair(self, code: str) -> str:
        """Use a pairing code: a new token, named after it. NoToken for a wrong, used or old one."""
        known = hash_token(_as_typed(code))
        use = (
            update(_CODES)
            .where(
                _CODES.c.hash == known,
                _CODES.c.uses_left > 0,
                _CODES.c.expires_ms > self._clock.wall_ms(),
            )
            .values(uses_left=_CODES.c.uses_left - 1)
        )
        with self._engine.begin() as connection:
            if connection.execute(use).rowcount == 0:
                raise NoToken
            row = connection.execute(select(_CODES.c.name, _CODES.c.role).where(_CODES.c.hash == known)).one()
            return self._create(connection, self._free_name(connection, row.name), row.role)

    def _create(self, connection: Connection, name: str, role: str) -> str:
        _check(name, role)
        token = secrets.token_urlsafe(32)
        row = {"role": role, "hash": hash_token(token), "created_ms": self._clock.wall_ms(), "revoked_ms": None}
        again = update(_TOKENS).where(_TOKENS.c.name == name, _TOKENS.c.revoked_ms.is_not(None))
        if connection.execute(again, row).rowcount == 0:
            if connection.execute(select(_TOKENS.c.name).where(_TOKENS.c.name == name)).first():
                raise Conflict("name", f"已有名为“{name}”的令牌，请换一个名字，或先吊销它 (token revoke)")
            connection.execute(insert(_TOKENS), {"name": name, **row})
        return token

    def _free_name(self, connection: Connection, name: str) -> str:
        """The name, or the first of `name-2`, `name-3`, … that was never used: facts tell tokens apart by name."""
        query = select(_TOKENS.c.name).where(_TOKENS.c.name.startswith(name, autoescape=True))
        taken = set(connection.execute(query).scalars())
        free, n = name, 1
        while free in taken:
            n += 1
            free = f"{name}-{n}"
        return free


class Access:
    """Token lookup for the running hub, on its event loop."""

    def __init__(self, tokens: Tokens, mono_ns: Callable[[], int] | None = None) -> None:
        self._tokens = tokens
        self._mono_ns = mono_ns or SystemClock().mono_ns
        """Real time, also where the hall's own is simulated: tokens are revoked by people outside."""
        self._known: Mapping[str, Principal] = {}
        self._read_ns = -FRESH_NS
        """When the look at the book that `_known` comes from began."""
        self._lock = asyncio.Lock()

    def cached(self, token: str) -> Principal | None:
        """Whose token it is, where that is known without looking it up."""
        if self._mono_ns() - self._read_ns >= FRESH_NS:
            return None
        return self._look(token)

    async def find(self, token: str) -> Principal | None:
        """Whose token it is; None for an unknown or revoked one. StorageFull where the book can't be read."""
        found = self.cached(token)
        if found is None:
            await self._read(self._mono_ns())
            found = self._look(token)
        return found

    async def pair(self, code: str) -> str:
        """Use a pairing code; the token is what the cookie holds. NoToken; StorageFull where the database refuses."""
        try:
            return await asyncio.to_thread(self._tokens.pair, code)
        except DBAPIError as error:
            raise StorageFull(str(error.orig)) from error

    def _look(self, token: str) -> Principal | None:
        # Constant time: only hashes of 256 random bits are compared, and what they share tells nothing of any token.
        return self._known.get(hash_token(token))

    async def _read(self, asked_ns: int) -> None:
        """Look at the book, once for all who asked before that look began."""
        async with self._lock:
            if self._read_ns > asked_ns:
                return
            began_ns = self._mono_ns()
            try:
                self._known = await asyncio.to_thread(self._tokens.in_force)
            except DBAPIError as error:
                raise StorageFull(str(error.orig)) from error
            self._read_ns = began_ns


def _as_typed(code: str) -> str:
    """A code as people type it from paper: small letters, spaces and hyphens between."""
    return code.upper().replace("-", "").replace(" ", "")


def _check(name: str, role: str) -> None:
    if not name or len(name) > NAME_MOST or not name.isprintable() or name != name.strip():
        raise BadValue("name", f"1–{NAME_MOST} 个可显示的字 (printable text)", name)
    if role not in ROLES:
        raise BadValue("role", " | ".join(ROLES), role)
