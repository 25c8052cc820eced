import pytest

from hub import wire
from tests.hub.web.conftest import House

KEYPAD = wire.DeviceItem("line-1", "keypad.ff68", "unknown", "2026-11-25T09:00:00.000+08:00", "no answer", (3, 4))


async def test_devices_are_told_as_they_stand(house: House) -> None:
    house.devices.put(KEYPAD)
    assert (await house.client("admin").get("/api/v1/devices")).json() == [
        {
            "id": "line-1",
            "driver": "keypad.ff68",
            "state": "unknown",
            "since": "2026-11-25T09:00:00.000+08:00",
            "detail": "no answer",
            "windows": [3, 4],
            "kiosk": None,
        }
    ]


async def test_probe_drill_and_tap_reach_the_device(house: House) -> None:
    house.devices.put(KEYPAD)
    client = house.client("manager")
    assert (await client.post("/api/v1/devices/line-1/probe")).json()["state"] == "ok"
    drill = (await client.post("/api/v1/devices/line-1/drill")).json()
    assert (drill["running"], drill["keys"][0]["seen"]) == (True, False)
    assert house.devices.drills == [("line-1", "test manager")]
    assert (await client.get("/api/v1/devices/line-1/tap")).json()["frames"][0]["raw"] == "fe68"


@pytest.mark.parametrize(("method", "path"), [("POST", "probe"), ("POST", "drill"), ("GET", "tap")])
async def test_an_unknown_device_is_404(house: House, method: str, path: str) -> None:
    answer = await house.client("manager").request(method, f"/api/v1/devices/nonsense/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
