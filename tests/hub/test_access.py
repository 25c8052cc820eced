import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access import CODE_LETTERS, ROLES, Access, Principal, Tokens, hash_token
from hub.clock import ManualClock
from hub.errors import BadValue, Conflict, NotFound, NoToken, StorageFull
from hub.eventlog import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.in_folder(tmp_path / "data")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=1_800_000_000_000, mono_ns=5_000_000_000)


@pytest.fixture
def tokens(database: Database, clock: ManualClock) -> Tokens:
    return Tokens(database, clock)


class CountedTokens(Tokens):
    looks = 0

    def in_force(self) -> dict[str, Principal]:
        self.looks += 1
        return super().in_force()


def test_a_token_is_made_where_the_hub_was_never_started(tmp_path: Path) -> None:
    token = Tokens(Database.in_folder(tmp_path / "new")).create("张三", "clerk")
    assert len(token) == 43  # 32 bytes, url-safe base64 without padding
    assert Tokens(Database.in_folder(tmp_path / "new")).in_force()[hash_token(token)] == Principal("张三", "clerk")


def test_only_the_hash_is_stored(tokens: Tokens, database: Database) -> None:
    token = tokens.create("K1", "device")
    with database.engine().connect() as connection:
        rows = connection.execute(text("SELECT * FROM tokens")).all()
    assert token not in repr(rows)
    assert hash_token(token) in repr(rows)


def test_list_tells_names_and_roles_and_what_is_revoked(tokens: Tokens, clock: ManualClock) -> None:
    tokens.create("b", "manager")
    tokens.create("a", "admin")
    tokens.revoke("b")
    assert [(t.name, t.role, t.created_ms, t.revoked_ms) for t in tokens.list()] == [
        ("a", "admin", clock.wall_ms(), None),
        ("b", "manager", clock.wall_ms(), clock.wall_ms()),
    ]


def test_a_name_has_one_token_at_a_time(tokens: Tokens) -> None:
    first = tokens.create("李四", "clerk")
    with pytest.raises(Conflict, match="李四"):
        tokens.create("李四", "manager")
    tokens.revoke("李四")
    second = tokens.create("李四", "manager")
    assert tokens.in_force() == {hash_token(second): Principal("李四", "manager")}
    assert first != second


@pytest.mark.parametrize("name", ["", " ", " a", "a\n", "\x1b[31m", "x" * 65])
def test_a_name_that_nobody_can_read_is_refused(tokens: Tokens, name: str) -> None:
    with pytest.raises(BadValue):
        tokens.create(name, "clerk")


def test_an_unknown_role_is_refused(tokens: Tokens) -> None:
    with pytest.raises(BadValue, match="inspector"):
        tokens.create("a", "root")


def test_revoking_what_is_not_in_force_is_an_error(tokens: Tokens) -> None:
    tokens.create("a", "clerk")
    tokens.revoke("a")
    with pytest.raises(NotFound):
        tokens.revoke("a")
    with pytest.raises(NotFound):
        tokens.revoke("b")


# --- pairing ---------------------------------------------------------------------------------------------------------


def test_a_code_pairs_once(tokens: Tokens) -> None:
    code = tokens.create_code("wall-1", "device")
    assert set(code) <= set(CODE_LETTERS)
    token = tokens.pair(code)
    assert tokens.in_force() == {hash_token(token): Principal("wall-1", "device")}
    with pytest.raises(NoToken):
        tokens.pair(code)


def test_a_code_may_be_typed_in_small_letters_and_groups(tokens: Tokens) -> None:
    code = tokens.create_code("wall-1", "device").lower()
    assert tokens.pair(f" {code[:4]}-{code[4:8]} {code[8:]}")


def test_a_code_of_many_uses_gives_each_its_own_name(tokens: Tokens) -> None:
    code = tokens.create_code("caller", "clerk", uses=3)
    for _ in range(3):
        tokens.pair(code)
    assert [t.name for t in tokens.list()] == ["caller", "caller-2", "caller-3"]
    with pytest.raises(NoToken):
        tokens.pair(code)


def test_pairing_again_does_not_take_a_revoked_name(tokens: Tokens) -> None:
    tokens.pair(tokens.create_code("wall", "device"))
    tokens.revoke("wall")
    tokens.pair(tokens.create_code("wall", "device"))
    assert [t.name for t in tokens.list()] == ["wall", "wall-2"]


def test_an_old_code_is_refused(tokens: Tokens, clock: ManualClock) -> None:
    code = tokens.create_code("wall", "device", life_s=60)
    clock.advance(60)
    with pytest.raises(NoToken):
        tokens.pair(code)


@pytest.mark.parametrize("code", ["", "WRONG", "'; DROP TABLE tokens; --", "\ud800", "x" * 10_000])
def test_a_wrong_code_is_refused(tokens: Tokens, code: str) -> None:
    tokens.create_code("wall", "device")
    with pytest.raises(NoToken):
        tokens.pair(code)


# --- the running hub -------------------------------------------------------------------------------------------------


async def test_a_new_token_is_known_at_first_sight(tokens: Tokens, clock: ManualClock) -> None:
    access = Access(tokens, clock.mono_ns)
    assert await access.find("nonsense") is None
    token = tokens.create("a", "clerk")
    assert await access.find(token) == Principal("a", "clerk")


async def test_a_known_token_costs_no_look_at_the_database(database: Database, clock: ManualClock) -> None:
    tokens = CountedTokens(database, clock)
    token = tokens.create("a", "clerk")
    access = Access(tokens, clock.mono_ns)
    assert access.cached(token) is None
    await access.find(token)
    clock.advance(0.4)
    assert access.cached(token) == Principal("a", "clerk")
    assert await access.find(token) == Principal("a", "clerk")
    assert tokens.looks == 1


async def test_a_revoked_token_is_refused_within_a_second(tokens: Tokens, clock: ManualClock) -> None:
    token = tokens.create("a", "clerk")
    access = Access(tokens, clock.mono_ns)
    await access.find(token)
    tokens.revoke("a")
    clock.advance(0.99)
    assert access.cached(token) is None
    assert await access.find(token) is None


async def test_a_crowd_of_strangers_shares_a_look(database: Database) -> None:
    tokens = CountedTokens(database)
    access = Access(tokens)
    found = await asyncio.gather(*(access.find(f"stranger-{n}") for n in range(200)))
    assert found == [None] * 200
    assert tokens.looks <= 3


async def test_every_role_can_be_given(tokens: Tokens, clock: ManualClock) -> None:
    access = Access(tokens, clock.mono_ns)
    for role in ROLES:
        assert await access.find(tokens.create(f"a {role}", role)) == Principal(f"a {role}", role)


async def test_pairing_gives_a_token_that_is_known(tokens: Tokens, clock: ManualClock) -> None:
    access = Access(tokens, clock.mono_ns)
    token = await access.pair(tokens.create_code("kiosk", "device"))
    assert await access.find(token) == Principal("kiosk", "device")
    with pytest.raises(NoToken):
        await access.pair("WRONG")


async def test_a_database_that_refuses_is_told_and_uses_no_code_up(tokens: Tokens, clock: ManualClock) -> None:
    access = Access(tokens, clock.mono_ns)
    code = tokens.create_code("kiosk", "device")
    with tokens._engine.connect() as pooled:
        pooled.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StorageFull, match="readonly"):
        await access.pair(code)
    with tokens._engine.connect() as pooled:
        pooled.exec_driver_sql("PRAGMA query_only = OFF")
    assert await access.pair(code)
