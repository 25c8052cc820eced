"""A hub put together: it starts, serves, ends, and says what keeps it from that."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import structlog

from hub import wiring
from hub.bench.rooms import hall_toml
from hub.clock import ManualClock, SystemClock
from hub.config import HallConfig, parse
from hub.devices import Devices
from hub.errors import LogBusy, StorageFull, Unusable
from hub.eventlog import Database, DataLock, EventLog, verify
from hub.eventlog.database import FILE_NAME
from hub.hall import SNAPSHOT
from hub.wiring import Hub, PortTaken, probe_all, run, run_loop, serving


@pytest.fixture(autouse=True)
def _interpreter_as_it_was() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def config(folder: Path, web: str = "port = 0") -> HallConfig:
    return parse(hall_toml().replace("port = 0", web), folder / "hall.toml")


async def healthy(hub: Hub) -> bool:
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False) as client:
        return (await client.get("/readyz")).status_code == 200


async def test_hub_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    async with serving(config(tmp_path), SystemClock()) as (hub, web):
        assert await healthy(hub)
        await hub.hall.issue_ticket("s0", by="test")
        hub.stop()
        await web
    with closing(Database.in_folder(tmp_path / "data")) as database:
        verdict = verify(database)
        assert (verdict.bad_seq, verdict.count > 0) == (None, True)
    with closing(EventLog(Database.in_folder(tmp_path / "data"))) as log:
        assert [(row[0], bool(row[2])) for row in snapshots(tmp_path)] == [(SNAPSHOT, True)]
        assert log.head().count == verdict.count


def snapshots(folder: Path) -> list[tuple[str, int, bytes]]:
    with closing(Database.in_folder(folder / "data")) as database, database.engine().connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, seq, body FROM snapshots").all()
        return [(row[0], row[1], row[2]) for row in rows]


async def test_leaving_the_block_ends_it_too(tmp_path: Path) -> None:
    async with serving(config(tmp_path), SystemClock()) as (hub, _):
        url = hub.url
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await client.get("/readyz")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_a_run_and_frees_the_folder(number: signal.Signals, tmp_path: Path) -> None:
    holders: list[str] = []

    def started(_hub: Hub) -> None:
        with pytest.raises(LogBusy) as busy, DataLock(tmp_path / "data", "import"):
            pass
        holders.append(busy.value.holder)
        os.kill(os.getpid(), number)

    await run(config(tmp_path), started=started)
    assert holders == [f"hallhub serve, pid {os.getpid()}"]
    with DataLock(tmp_path / "data", "import"):
        pass


async def test_folder_that_is_held_keeps_a_hub_from_starting(tmp_path: Path) -> None:
    with DataLock(tmp_path / "data", "restore"), pytest.raises(LogBusy, match="restore"):
        await run(config(tmp_path))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["lock"]


async def test_port_that_is_taken_is_said_before_anything_is_touched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"127\.0\.0\.1:{number}.*\[web\]"):
            async with serving(config(tmp_path, f"port = {number}"), SystemClock()):
                pass
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["不是地址", "no-such-host.invalid", "192.0.2.1"])
async def test_a_host_that_is_not_this_machine_is_not_called_a_taken_port(tmp_path: Path, host: str) -> None:
    with pytest.raises(PortTaken, match=r"不是本机的地址") as caught:
        async with serving(config(tmp_path, f'host = "{host}"\nport = 8000'), SystemClock()):
            pass
    assert "占用" not in str(caught.value)


async def test_database_that_is_none_frees_the_port_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database at all " * 300)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    for _ in range(2):
        with pytest.raises(Unusable):
            async with serving(config(tmp_path, f"port = {number}"), SystemClock()):
                pass


async def test_part_that_fails_ends_the_hub_and_frees_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_devices: Devices) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(Devices, "run", fail)
    with pytest.raises(ExceptionGroup) as caught:
        await run(config(tmp_path))
    assert caught.group_contains(ValueError, match="a bug")
    with DataLock(tmp_path / "data", "import"), closing(EventLog(Database.in_folder(tmp_path / "data"))) as log:
        assert log.head().count > 0


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::1", "[::1]"),
        ("hall.example", "hall.example"),
    ],
)
def test_address_is_one_that_can_be_opened(host: str, shown: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = wiring._url(config(tmp_path, f'host = "{host}"\nport = 0'), listener)
        assert url == f"http://{shown}:{listener.getsockname()[1]}"


async def test_check_probes_and_leaves_nothing(tmp_path: Path) -> None:
    table = '[[devices]]\nid = "sign"\ndriver = "led.onbon"\nport = "serial:///dev/hallhub-none"\nwindows = { 1 = 1 }'
    (item,) = await probe_all(parse(hall_toml(devices=[table]), tmp_path / "hall.toml"))
    assert (item.id, item.state) == ("sign", "absent")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - pathlib's would be refused in an async test


# --- the ticker ------------------------------------------------------------------------------------------------------


@dataclass
class FakeHall:
    """Is due every moment; refuses the first times with what it is given."""

    refusals: list[Exception]
    settled: int = 0
    twice: asyncio.Event = field(default_factory=asyncio.Event)

    def next_settle_s(self) -> float:
        return 0.0

    def settle(self) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.settled += 1
        if self.settled == 2:
            self.twice.set()


async def test_time_passes_in_the_hall_also_after_the_disk_refused() -> None:
    hall = FakeHall([StorageFull("data"), StorageFull("data")])
    with structlog.testing.capture_logs() as logged:
        ticking = asyncio.get_running_loop().create_task(wiring._tick(hall, ManualClock()))  # type: ignore[arg-type]
        async with asyncio.timeout(10):
            await hall.twice.wait()
        ticking.cancel()
        await asyncio.wait([ticking])
    assert [one["event"] for one in logged] == ["settle.failed"] * 2


# --- the loop --------------------------------------------------------------------------------------------------------


async def which_loop() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_the_loop_is_uvloop_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_loop(which_loop).startswith("uvloop")
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run_loop(which_loop).startswith("asyncio")
