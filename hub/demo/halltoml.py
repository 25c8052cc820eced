"""The demo's hall.toml: as a hall's own would look, to be read by whoever wonders how it is set up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.demo.town import HALL_NAME, Service, Town, Window


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the emulated devices are plugged: port URLs, and the windows on each line, whose numbers are addresses."""

    pads: Mapping[str, tuple[int, ...]]
    signs: Mapping[str, tuple[int, ...]]
    printers: Mapping[str, str]
    """Port by kiosk."""


def hall_toml(town: Town, ports: Ports, web_port: int) -> str:
    """The whole text."""
    return "\n".join(
        [
            *_head(web_port),
            *(line for service in town.services for line in _service(service)),
            *(line for window in town.windows for line in _window(window)),
            *(line for clerk in town.clerks for line in _table("clerks", _of(clerk))),
            *(line for kiosk in town.kiosks for line in _table("kiosks", {"id": kiosk})),
            *_devices(ports),
            "",
        ]
    )


def _head(web_port: int) -> Iterator[str]:
    yield "# 演示大厅的配置文件，由 hallhub demo 生成：设备是模拟的，接在 ports 目录的虚拟串口上，其余与真的大厅一样。"
    yield "# (The demo hall's configuration. The devices are emulated, all else is as in a real hall.)"
    yield "# 每个键的说明见 systemd/hall.toml.example。"
    yield "\n[hall]"
    yield f"name = {_quoted(HALL_NAME)}"
    yield 'data = "data"'
    yield "\n[web]"
    yield f"port = {web_port}"


def _service(service: Service) -> Iterator[str]:
    yield from _table("services", _of(service))


def _window(window: Window) -> Iterator[str]:
    keys = _of(window)
    del keys["by_page"]
    yield from _table("windows", keys)


def _devices(ports: Ports) -> Iterator[str]:
    for n, (port, windows) in enumerate(ports.pads.items(), 1):
        yield from _table("devices", {"id": f"pads-{n}", "driver": "keypad.ff68", "port": port, "windows": windows})
    for n, (kiosk, port) in enumerate(ports.printers.items(), 1):
        # The emulated printer echoes GS ( H, as Epson's do: each slip is proven.
        options = {"process_id": True, "asb": True}
        keys = {"id": f"printer-{n}", "driver": "printer.escpos", "port": port, "kiosk": kiosk, "options": options}
        yield from _table("devices", keys)
    for n, (port, windows) in enumerate(ports.signs.items(), 1):
        yield from _table(
            "devices",
            {"id": f"signs-{n}", "driver": "led.onbon", "port": port, "windows": windows, "size": [128, 32]},
        )


def _of(row: Service | Window | object) -> dict[str, object]:
    slots: tuple[str, ...] = getattr(row, "__slots__", ())
    return {name: value for name in slots if (value := getattr(row, name)) is not None}


def _table(name: str, keys: Mapping[str, object]) -> Iterator[str]:
    yield f"\n[[{name}]]"
    for key, value in keys.items():
        if key == "windows" and isinstance(value, tuple):
            yield f"windows = {{ {', '.join(f'{number} = {number}' for number in value)} }}"
        else:
            yield f"{key} = {_quoted(value)}"


def _quoted(value: object) -> str:
    """A TOML value: what JSON makes of text, numbers and lists is TOML too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_quoted(one)}" for name, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
