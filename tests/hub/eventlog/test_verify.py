"""Each attempt on the log is found: by an administrator who may do anything to the file."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from hub.domain.codec import personal_hash
from hub.domain.events import Fact, Unknown
from hub.eventlog import Checkpoint, Database, Verdict, verify
from hub.eventlog.database import FILE_NAME
from hub.eventlog.verify import BATCH
from tests.hub.eventlog.writing import issued, pause, rows, start, write
from tests.hub.running import open_log

PAGE = 4096  # SQLite's default page size
FACTS: list[Fact] = [pause(1), issued(2, "张三"), pause(3), issued(4, None), issued(5, "李四"), pause(6)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, FACTS)
    return tmp_path


def check(folder: Path, witness: list[Checkpoint] | None = None) -> Verdict:
    database = Database.in_folder(folder)
    try:
        return verify(database, witness or [])
    finally:
        database.close()


def attack(folder: Path, *statements: str | tuple[str, tuple[object, ...]]) -> None:
    """What somebody with the file in hand may do, the triggers included."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("DROP TRIGGER events_no_delete")
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))
        connection.commit()


def rebuild(folder: Path) -> None:
    """Compute the whole chain and the head anew, as one who has this program can."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        last, count = bytes(32), 0
        select = "SELECT seq, wall_ms, mono_ns, kind, payload FROM events ORDER BY seq"
        for seq, wall_ms, mono_ns, kind, payload in connection.execute(select).fetchall():
            count += 1
            canonical = f'{{"kind":"{kind}","mono_ns":{mono_ns},"payload":{payload},"seq":{seq},"wall_ms":{wall_ms}}}'
            last = sha256(last + canonical.encode()).digest()
            connection.execute("UPDATE events SET hash = ? WHERE seq = ?", (last, seq))
        connection.execute("UPDATE head SET count = ?, last_seq = ?, last_hash = ?", (count, count, last))
        connection.commit()


def hashes(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return [row[0].hex() for row in connection.execute("SELECT hash FROM events ORDER BY seq")]


def test_log_as_it_was_written_holds(folder: Path) -> None:
    verdict = check(folder)
    assert verdict == Verdict(6, hashes(folder)[-1])


def test_empty_log_holds(tmp_path: Path) -> None:
    open_log(tmp_path).close()
    assert check(tmp_path) == Verdict(0, bytes(32).hex())


@pytest.mark.parametrize("seq", range(1, 7))
def test_log_that_holds_agrees_with_its_witness(folder: Path, seq: int) -> None:
    assert check(folder, [Checkpoint(seq, hashes(folder)[seq - 1])]).bad_seq is None


EDITS = [
    "UPDATE events SET payload = replace(payload, '1001', '1002') WHERE seq = 3",
    "UPDATE events SET wall_ms = wall_ms + 1 WHERE seq = 3",
    "UPDATE events SET mono_ns = mono_ns + 1 WHERE seq = 3",
    "UPDATE events SET kind = 'window.resumed' WHERE seq = 3",
    "UPDATE events SET hash = zeroblob(32) WHERE seq = 3",
    "UPDATE events SET payload = payload || ' ' WHERE seq = 3",
    "DELETE FROM events WHERE seq = 3",
    "UPDATE events SET payload = CAST(payload AS BLOB) WHERE seq = 3",
    "UPDATE events SET payload = CAST(x'ff' AS TEXT) WHERE seq = 3",
    "UPDATE events SET wall_ms = 'yesterday' WHERE seq = 3",
    "UPDATE events SET wall_ms = 'yesterday', hash = x'' WHERE seq = 3",
    "UPDATE events SET kind = x'00' WHERE seq = 3",
]


@pytest.mark.parametrize("edit", EDITS)
def test_edited_or_deleted_row_is_found_where_it_is(folder: Path, edit: str) -> None:
    attack(folder, edit)
    verdict = check(folder)
    assert verdict.bad_seq == 3
    assert verdict.reason


def test_rows_that_changed_places_are_found(folder: Path) -> None:
    attack(
        folder,
        "UPDATE events SET seq = 99 WHERE seq = 3",
        "UPDATE events SET seq = 3 WHERE seq = 6",
        "UPDATE events SET seq = 6 WHERE seq = 99",
    )
    assert check(folder).bad_seq == 3


def test_first_row_deleted_is_found(folder: Path) -> None:
    attack(folder, "DELETE FROM events WHERE seq = 1")
    assert check(folder).bad_seq == 1


def test_row_before_the_first_is_found(folder: Path) -> None:
    attack(
        folder,
        "INSERT INTO events SELECT 0, wall_ms, mono_ns, kind, payload, hash FROM events WHERE seq = 1",
    )
    assert check(folder).bad_seq == 1


@pytest.mark.parametrize("left", range(6))
def test_truncated_tail_is_found_at_the_first_missing_row(folder: Path, left: int) -> None:
    attack(folder, f"DELETE FROM events WHERE seq > {left}")
    assert check(folder).bad_seq == left + 1


def test_row_added_without_the_head_is_found(folder: Path) -> None:
    attack(folder, "INSERT INTO events SELECT 7, wall_ms, mono_ns, kind, payload, hash FROM events WHERE seq = 6")
    assert check(folder).bad_seq == 7


def test_head_alone_moved_is_found(folder: Path) -> None:
    attack(folder, "UPDATE head SET last_hash = zeroblob(32)")
    assert check(folder).bad_seq is not None


def falsify(folder: Path) -> None:
    attack(folder, "UPDATE events SET payload = replace(payload, '1001', '1002') WHERE seq = 3")
    rebuild(folder)


def truncate(folder: Path) -> None:
    attack(folder, "DELETE FROM events WHERE seq > 3", "DELETE FROM personal WHERE seq > 3")
    rebuild(folder)


@pytest.mark.parametrize("forge", [falsify, truncate])
def test_rebuilt_chain_is_found_by_a_witness_and_only_by_one(folder: Path, forge: Callable[[Path], None]) -> None:
    witness = [Checkpoint(seq, hashes(folder)[seq - 1]) for seq in (2, 5)]
    forge(folder)
    assert check(folder).bad_seq is None
    verdict = check(folder, witness)
    assert verdict.bad_seq == (5 if forge is falsify else 4)
    assert "witness" in verdict.reason


def test_checkpoint_taken_before_the_first_fact_holds(folder: Path) -> None:
    assert check(folder, [Checkpoint(0, bytes(32).hex())]).bad_seq is None
    assert check(folder, [Checkpoint(0, "00")]).bad_seq is not None


def test_later_checkpoint_of_a_rebuilt_chain_does_not_cover_the_earlier_one(folder: Path) -> None:
    witness = [Checkpoint(5, hashes(folder)[4])]
    falsify(folder)
    witness.append(Checkpoint(5, hashes(folder)[4]))
    assert check(folder, witness).bad_seq == 5


@pytest.mark.parametrize("edit", ["DELETE FROM head", "DROP TABLE head"])
def test_log_without_a_head_does_not_hold(folder: Path, edit: str) -> None:
    attack(folder, edit)
    assert check(folder).bad_seq == 1


def test_log_without_a_table_does_not_hold(folder: Path) -> None:
    attack(folder, "DROP TABLE events")
    assert check(folder).bad_seq == 1


@pytest.mark.parametrize("payload", ["[]", "no JSON"])
def test_forged_payload_without_fields_holds_no_personal_value(folder: Path, payload: str) -> None:
    attack(folder, ("UPDATE events SET payload = ? WHERE seq = 2", (payload,)))
    rebuild(folder)
    assert check(folder).bad_seq == 2


def test_page_of_noise_is_found_at_its_first_row(tmp_path: Path) -> None:
    write(tmp_path, [pause(n) for n in range(1, 301)])
    path = tmp_path / FILE_NAME
    content = bytearray(path.read_bytes())
    place = content.index("第150次".encode())
    page = place - place % PAGE
    lost = [n for n in range(1, 301) if f"第{n}次".encode() in content[page : page + PAGE]]
    content[page : page + PAGE] = random.Random(1).randbytes(PAGE)
    path.write_bytes(content)
    verdict = check(tmp_path)
    assert verdict.bad_seq == lost[0]
    assert "无法读取" in verdict.reason


def test_changed_personal_value_is_found(folder: Path) -> None:
    attack(folder, "UPDATE personal SET value = '王五' WHERE seq = 5")
    assert check(folder).bad_seq == 5


def test_personal_value_of_another_type_is_found(folder: Path) -> None:
    attack(folder, "UPDATE personal SET value = 7 WHERE seq = 2", "UPDATE personal SET salt = 'salt' WHERE seq = 2")
    assert check(folder).bad_seq == 2


def test_changed_salt_is_found(folder: Path) -> None:
    attack(folder, "UPDATE personal SET salt = zeroblob(32) WHERE seq = 2")
    assert check(folder).bad_seq == 2


def test_personal_value_that_belongs_to_no_fact_is_found(folder: Path) -> None:
    attack(folder, ("INSERT INTO personal VALUES (77, 'holder', zeroblob(32), ?)", ("赵六",)))
    assert check(folder).bad_seq == 77


def test_personal_value_beside_a_fact_that_has_none_is_found(folder: Path) -> None:
    attack(folder, ("INSERT INTO personal VALUES (4, 'holder', zeroblob(32), ?)", ("赵六",)))
    assert check(folder).bad_seq == 4


@pytest.mark.parametrize(("where", "erased"), [("seq = 2", 1), ("1 = 1", 2)])
def test_erased_personal_value_is_fine_and_counted(folder: Path, where: str, erased: int) -> None:
    attack(folder, f"DELETE FROM personal WHERE {where}")
    verdict = check(folder)
    assert (verdict.bad_seq, verdict.erased) == (None, erased)


def test_text_that_only_looks_like_a_hash_is_not_counted_as_erased(tmp_path: Path) -> None:
    write(tmp_path, [Unknown("note", {"text": personal_hash(b"", "")})])
    assert check(tmp_path).erased == 0


def test_log_that_grows_during_the_walk_holds(tmp_path: Path) -> None:
    with closing(open_log(tmp_path)) as log:
        told = start(log)
        log.append(tuple(rows([pause(n) for n in range(1, BATCH + 11)])))
        told.wait(BATCH + 10)
        more: Iterator[int] = iter(range(BATCH + 11, BATCH + 31))

        def grow(_done: int, _all: int) -> None:
            for seq in more:
                log.append(tuple(rows([pause(seq)], seq)))
                told.wait(seq)

        verdict = verify(log.database, progress=grow)
        assert (verdict.bad_seq, verdict.count) == (None, BATCH + 10)
        assert log.head().count == BATCH + 30


def test_walk_tells_how_far_it_is(tmp_path: Path) -> None:
    with closing(open_log(tmp_path)) as log:
        told = start(log)
        log.append(tuple(rows([pause(n) for n in range(1, BATCH + 11)])))
        told.wait(BATCH + 10)
        heard: list[tuple[int, int]] = []
        verify(log.database, progress=lambda done, all_: heard.append((done, all_)))
        assert heard == [(BATCH, BATCH + 10)]
