"""What people write of themselves: kept only as far as it may be."""

from pathlib import Path

from hub.clock import ManualClock
from hub.domain.events import TicketIssued
from tests.hub.web.conftest import open_house


async def test_an_id_number_is_kept_nowhere(tmp_path: Path, clock: ManualClock) -> None:
    async with open_house(tmp_path, clock) as house:
        body = {"service": "social", "holder": "张三 11010519491231002X"}
        assert (await house.client("device").post("/api/v1/tickets", json=body)).status_code == 201
        await house.settled()
        (issued,) = (one.fact for one in house.services.bus.log.read(0) if isinstance(one.fact, TicketIssued))
        assert issued.holder == "张三 110105********002X"
    assert "张三".encode() in everything_in(tmp_path)
    assert b"19491231" not in everything_in(tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
