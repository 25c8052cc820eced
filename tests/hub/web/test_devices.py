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
            "maintenance": [],
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


async def test_a_keypad_is_put_under_maintenance_and_taken_out_of_it(house: House) -> None:
    house.devices.put(KEYPAD)
    client, path = house.client("manager"), "/api/v1/devices/line-1/maintenance"
    body = {"windows": [3], "minutes": 30, "reason": "换键帽"}
    work = {"what": "maintenance", "windows": [3], "until": "in 30 minutes", "reason": "换键帽", "by": "test manager"}
    assert (await client.post(path, json=body)).json()["maintenance"] == [work]
    windows = (await client.get("/api/v1/windows")).json()
    assert [[device["maintenance"] for device in window["devices"]] for window in windows] == [[True], [False], []]
    assert (await client.post(f"{path}/end")).json()["maintenance"] == []
    assert house.devices.drills == [("line-1 None at work no more", "test manager")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "x", "minutes": 0},
        {"reason": "x", "minutes": 481},
        {"reason": "x", "windows": []},
    ],
)
async def test_maintenance_has_a_reason_and_an_end(house: House, body: dict[str, object]) -> None:
    house.devices.put(KEYPAD)
    answer = await house.client("manager").post("/api/v1/devices/line-1/maintenance", json=body)
    assert answer.status_code == 422
    assert house.devices.all["line-1"].maintenance == ()


@pytest.mark.parametrize(("method", "path"), [("POST", "probe"), ("POST", "drill"), ("GET", "tap")])
async def test_an_unknown_device_is_404(house: House, method: str, path: str) -> None:
    answer = await house.client("manager").request(method, f"/api/v1/devices/nonsense/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
