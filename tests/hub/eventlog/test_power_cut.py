"""Power cut: all that was told as durable is there, whatever became of the writes after the last sync.

After each commit that was told the files are copied as they are: those bytes are on the platter. The crash is then
made up: of everything that the next commit wrote, each sector may have reached the platter or not.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from hub.domain.events import Fact
from hub.eventlog import Database, EventLog, database, verify
from hub.eventlog.database import FILE_NAME
from tests.hub.eventlog.writing import Told, issued, pause, rows
from tests.hub.running import open_log

SECTOR = 512
WAL_HEADER = 32  # sqlite.org/fileformat2.html, 4.1
COMMITS = 60
CHECKPOINT_PAGES = 20
"""Few, so that the write-ahead log is carried over and begun anew many times."""


@dataclass(frozen=True)
class Platter:
    """What was surely on the disk when `seq` was told."""

    seq: int
    main: bytes
    wal: bytes


def facts() -> Iterator[Fact]:
    for n in range(10_000):
        yield issued(n, "张三" * (n % 50)) if n % 3 else pause(n)


@pytest.fixture(scope="module")
def platters(tmp_path_factory: pytest.TempPathFactory) -> list[Platter]:
    """The disk after each of many commits of different sizes."""
    folder = tmp_path_factory.mktemp("hall")
    chance = random.Random(1)
    found: list[Platter] = []

    def copy(seq: int) -> None:
        wal = folder / f"{FILE_NAME}-wal"
        found.append(Platter(seq, (folder / FILE_NAME).read_bytes(), wal.read_bytes() if wal.exists() else b""))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "CHECKPOINT_PAGES", CHECKPOINT_PAGES)
        with closing(open_log(folder)) as log:
            told = Told()

            def durable(seq: int) -> None:
                copy(seq)  # in the writer's thread: it writes nothing meanwhile
                told.durable.put(seq)

            log.start(durable, told.trouble.put)
            seq, stream = 0, facts()
            for _ in range(COMMITS):
                group = rows([next(stream) for _ in range(chance.choice([1, 1, 2, 40]))], seq + 1)
                seq = group[-1].seq
                log.append(tuple(group))
                told.wait(seq)
    return found


def mixed(before: bytes, after: bytes, unit: int, chance: random.Random) -> bytes:
    """Of what was written between, some units arrived, and the file ends somewhere."""
    share = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    size = max(len(before), len(after))
    old, new = before.ljust(size, b"\0"), after.ljust(size, b"\0")
    parts = [(new if chance.random() < share else old)[start : start + unit] for start in range(0, size, unit)]
    return b"".join(parts)[: chance.choice([size, max(len(before), chance.randint(0, size))])]


def torn(before: bytes, after: bytes, chance: random.Random) -> bytes:
    """Only the beginning of what was written arrived."""
    if not after.startswith(before):
        return mixed(before, after, SECTOR, chance)
    return after[: chance.randint(len(before), len(after))]


def crashes(one: Platter, after: Platter, chance: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """The main file and the log of a power cut before `after` was told."""
    yield one.main, one.wal
    # A log begun anew has its header synced before any frame of it is written: sqlite3WalFrames() in SQLite's wal.c.
    begun = after.wal[:WAL_HEADER] + one.wal[WAL_HEADER:]
    yield one.main, begun
    yield one.main, torn(begun, after.wal, chance)
    yield one.main, mixed(begun, after.wal, SECTOR, chance)
    if one.main != after.main:  # cut in a checkpoint: the log was synced before it
        yield mixed(one.main, after.main, SECTOR, chance), after.wal


def test_checkpoints_happened(platters: list[Platter]) -> None:
    assert len({platter.main for platter in platters}) > 5
    assert sum(not later.wal.startswith(one.wal) for one, later in pairwise(platters)) > 3


@pytest.mark.parametrize("seed", range(2))
def test_all_that_was_told_is_there_after_the_cut(platters: list[Platter], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    tried = 0
    for one, after in pairwise(platters):
        for main, wal in crashes(one, after, chance):
            tried += 1
            folder = tmp_path / str(tried)
            folder.mkdir()
            (folder / FILE_NAME).write_bytes(main)
            (folder / f"{FILE_NAME}-wal").write_bytes(wal)
            with closing(EventLog(Database.in_folder(folder))) as log:
                verdict = verify(log.database)
                assert verdict.bad_seq is None, (one.seq, verdict)
                # A group is there as a whole or not at all.
                assert verdict.count in {one.seq, after.seq}
    assert tried > 4 * (COMMITS - 1)
