from typing import Any

import pytest

from hub.access import ROLES
from tests.hub.web.conftest import House


@pytest.mark.parametrize("role", ROLES)
async def test_the_hall_is_told_to_every_role_and_its_clerks_to_few(house: House, role: str) -> None:
    hall: dict[str, Any] = (await house.client(role).get("/api/v1/hall")).json()
    assert (hall["name"], hall["timezone"], hall["kiosks"]) == ("示范县政务服务中心", "Asia/Shanghai", ["K1", "K2"])
    assert hall["services"][0] == {
        "code": "social",
        "name": "社会保险",
        "prefix": "A",
        "open": True,
        "reason": None,
        "waiting": 0,
        "estimate_s": 0,
    }
    assert hall["windows"][1] == {"number": 4, "name": "税务", "department": "税务局", "services": ["tax"]}
    assert {"code": "elderly", "name": "老年人"} in hall["priorities"]
    assert "用餐" in hall["pause_reasons"]
    clerks = [{"id": "1001", "name": "张三"}, {"id": "1002", "name": "李四"}]
    assert hall["clerks"] == (clerks if role in {"clerk", "manager"} else None)


async def test_no_pin_is_told(house: House) -> None:
    assert "2468" not in (await house.client("manager").get("/api/v1/hall")).text


async def test_what_is_not_on_disk_is_not_shown(house: House) -> None:
    client = house.client("device")
    before = (await client.get("/api/v1/board")).json()
    stored = house.services.bus.stored
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.services.bus, "stored", lambda _: stored(0))  # answers before the commit
        await house.hall.issue_ticket("social", by="test")
        assert (await client.get("/api/v1/board")).json() == before
    await house.settled()
    assert (await client.get("/api/v1/board")).json()["board"]["services"][0]["waiting"] == 1
