"""`hallhub serve` and `hallhub check`, in processes of their own."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest
from websockets.sync.client import connect

from drivers.emulation.clock import Pace
from drivers.emulation.ports import PtyPort
from drivers.emulation.truth import Truth
from drivers.emulation.wire import Wire
from drivers.keypad.emulator import Keypads
from drivers.led.emulator import Signs
from drivers.printer.emulator import PAPER_80, Printer
from hub import wiring
from tests.hub.cli.conftest import HALL, Folder, Run, Said

END_S = 3.0
ANNOUNCED = re.compile(r"示范县政务服务中心：已启动，网页在 (http://[\d.]+:\d+) \(serving\)；按 Ctrl-C 停止")


@contextmanager
def serving(hall: Folder) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A hub and its address; killed where the test doesn't end it."""
    process = hall.started("serve")
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := ANNOUNCED.search(line):
                yield process, found.group(1)
                break
        else:
            pytest.fail(f"not started: {said}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, float]:
    """Exit code, and the seconds that it took."""
    began = monotonic()
    process.send_signal(number)
    return process.wait(30), monotonic() - began


@pytest.fixture
def free(hall: Folder) -> Folder:
    """On any free port."""
    hall.write(port=0)
    return hall


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_soon_and_cleanly_and_the_log_holds(number: signal.Signals, free: Folder, run: Run) -> None:
    token = run("token", "create", "--role", "device", "--name", "kiosk").out.strip()
    headers = bearer(token)
    with (
        serving(free) as (process, url),
        httpx.Client(base_url=url, headers=headers, trust_env=False) as client,
        connect(f"{url.replace('http', 'ws')}/api/v1/live?topic=board&after=0", additional_headers=headers),
    ):
        issued = [client.post("/api/v1/tickets", json={"service": "social"}) for _ in range(3)]
        assert [ticket.json()["number"] for ticket in issued] == ["A001", "A002", "A003"]
        code, seconds = end(process, number)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert code == 0
    assert seconds < END_S
    verdict = run("verify")
    assert verdict.code == 0
    assert int(verdict.out.partition("：")[2].partition(" ")[0]) >= 3


def test_client_in_mid_request_does_not_hold_it_up(free: Folder, run: Run) -> None:
    token = run("token", "create", "--role", "clerk", "--name", "张三").out.strip()
    half = f"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
    with (
        serving(free) as (process, url),
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client,
    ):
        client.sendall(half.encode())
        with httpx.Client(base_url=url, trust_env=False) as other:  # the half request is with the hub by now
            assert other.get("/healthz").status_code == 200
        code, seconds = end(process, signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
    assert code == 0
    assert seconds < END_S
    assert "library.said" in said
    assert all(re.match(r"<[34]>\{.*\}$", line) for line in said.splitlines()), "what libraries log is a line each"
    assert token not in said


def test_second_hub_on_the_same_data_is_told_who_holds_it(free: Folder) -> None:
    with serving(free) as (process, _):
        refused = free.ended("serve")
        assert refused.code == 1
        assert f"hallhub serve, pid {process.pid}" in refused.error
        assert end(process, signal.SIGTERM)[0] == 0
    with serving(free) as (process, _):
        assert end(process, signal.SIGTERM)[0] == 0


def test_killed_hub_leaves_no_lock_behind(free: Folder, run: Run) -> None:
    with serving(free) as (process, _):
        end(process, signal.SIGKILL)
    with serving(free):
        pass
    assert run("verify").code == 0


def test_tickets_without_a_window_in_the_new_configuration_are_said(free: Folder, run: Run) -> None:
    token = run("token", "create", "--role", "clerk", "--name", "张三").out.strip()
    with serving(free) as (process, url):
        answer = httpx.post(f"{url}/api/v1/tickets", json={"service": "social"}, headers=bearer(token), trust_env=False)
        assert answer.status_code == 201
        end(process, signal.SIGTERM)
    free.write(free.config.read_text(encoding="utf-8").replace('"social"', '"society"'))
    process = free.started("serve")
    assert process.stderr is not None
    try:
        first = process.stderr.readline()
        assert "1 个未办结的号（A001）" in first
    finally:
        process.terminate()
        process.communicate()


def test_port_that_is_taken_is_named_with_what_to_do(hall: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        hall.write(port=other.getsockname()[1])
        refused = hall.ended("serve")
        assert refused.code == 1
        assert f"127.0.0.1:{other.getsockname()[1]}" in refused.error
        assert "[web]" in refused.error


def test_address_that_is_not_ours_is_named(free: Folder) -> None:
    free.write(free.config.read_text(encoding="utf-8").replace("[web]", '[web]\nhost = "192.0.2.1"'))
    assert "192.0.2.1" in free.ended("serve").error


def test_commands_work_beside_a_running_hub(free: Folder, run: Run) -> None:
    with serving(free) as (process, url), httpx.Client(base_url=url, trust_env=False) as client:

        def board(token: str) -> int:
            return client.get("/api/v1/board", headers=bearer(token)).status_code

        token = run("token", "create", "--role", "clerk", "--name", "张三").out.strip()
        assert board(token) == 200
        assert client.post("/api/v1/tickets", json={"service": "social"}, headers=bearer(token)).status_code == 201
        assert run("verify").code == 0
        assert run("checkpoint").code == 0
        assert run("export", "events", "-o", "out.jsonl").code == 0
        assert "ticket.issued" in Path("out.jsonl").read_text(encoding="utf-8")
        assert "张三" in run("token", "list").out
        run("token", "revoke", "张三")
        eventually(lambda: board(token) == 401)
        assert end(process, signal.SIGTERM)[0] == 0


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def eventually(true: Callable[[], bool]) -> None:
    give_up = monotonic() + 20
    while not true():
        assert monotonic() < give_up


def test_log_goes_to_stderr_a_json_object_a_line(free: Folder) -> None:
    free.write(HALL + device("keypad.ff68", "serial:///dev/hallhub-none"), port=0)
    with serving(free) as (process, _):
        assert process.stderr is not None
        line = process.stderr.readline()
        assert re.match(r'<4>\{.*"event": "port.lost"', line)
        assert end(process, signal.SIGTERM)[0] == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


# --- check -----------------------------------------------------------------------------------------------------------


def device(driver: str, port: str, *more: str) -> str:
    windows = ["windows = {{ 3 = 3 }}"] if not driver.startswith("printer") else ['kiosk = "K1"']
    table = ["[[devices]]", f'id = "{driver}"', f'driver = "{driver}"', f'port = "{port}"', *windows, *more]
    return "\n".join(table) + "\n"


def states(checked: Said) -> dict[str, tuple[str, str]]:
    """By device: mark and state."""
    lines = [line.split() for line in checked.out.splitlines()[1:]]
    return {line[1]: (line[0], line[3]) for line in lines}


def test_configuration_without_devices_is_well(run: Run, hall: Folder) -> None:
    checked = run("check")
    assert checked == Said(0, f"配置正确：{hall.config} (configuration is valid)\n", "")
    assert not hall.data.exists()


@pytest.mark.parametrize(
    ("driver", "more", "where", "near"),
    [
        ("keypad.ff86", [], "devices[0].driver", "keypad.ff68"),
        ("nothing.like_it", [], "devices[0].driver", ""),
        ("keypad.ff68", ["options = {{ gap_m = 1 }}"], "devices[0].options.gap_m", "gap_ms"),
        ("keypad.ff68", ["options = {{ gap_ms = 1 }}"], "gap_ms", ""),
        ("led.onbon", ["options = {{ brightness = 99 }}"], "brightness", ""),
        ("printer.escpos", ['options = {{ profile = "90mm" }}'], "profile", ""),
    ],
)
@pytest.mark.parametrize("command", ["check", "serve"])
def test_settings_that_only_drivers_know_are_checked_first(
    command: str, driver: str, more: Sequence[str], where: str, near: str, run: Run, hall: Folder
) -> None:
    hall.write(HALL + device(driver, "serial:///dev/hallhub-none", *more))
    refused = run(command)
    assert refused.code == 2
    assert refused.error.startswith(f"{hall.config}: devices[0]")
    assert where in refused.error
    assert (f"did you mean '{near}'" in refused.error) is bool(near)
    assert not hall.data.exists()


def test_port_that_makes_no_sense_is_refused(run: Run, hall: Folder) -> None:
    hall.write(HALL + device("keypad.ff68", "serial:///dev/ttyS1?baudrate=9600"))
    refused = run("check")
    assert refused.code == 2
    assert "devices[0].port" in refused.error
    assert "did you mean 'baud'" in refused.error


def test_devices_that_are_not_there_are_listed_and_end_with_1(run: Run, hall: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    hall.write(HALL + device("printer.escpos", gone) + device("led.onbon", "serial:///dev/hallhub-none"))
    checked = run("check")
    assert (checked.code, checked.err) == (1, "")
    assert states(checked) == {"printer.escpos": ("✗", "absent"), "led.onbon": ("✗", "absent")}
    assert not hall.data.exists()


class Emulated:
    """A line each of keypads, signs and a printer, living on a loop in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plugged = threading.Event()
        self._unplug = threading.Event()
        self.pressed: tuple[int, ...] = (3,)
        """Keypads that somebody presses again and again."""
        self.signs = (3,)
        self.near_end = False

    @property
    def tables(self) -> str:
        return (
            device("keypad.ff68", f"serial://{self._folder}/pads")
            + device("led.onbon", f"serial://{self._folder}/signs?baud=57600")
            + device("printer.escpos", f"serial://{self._folder}/printer?baud=115200")
        )

    @contextmanager
    def plugged(self) -> Iterator[None]:
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        assert self._plugged.wait(10)
        try:
            yield
        finally:
            self._unplug.set()
            thread.join(10)

    async def _run(self) -> None:
        pace = Pace()
        truth = Truth(pace)
        wires = {name: Wire(pace, baud=None, half_duplex=False) for name in ("pads", "signs", "printer")}
        ports = [PtyPort(wire, self._folder / name) for name, wire in wires.items()]
        for port in ports:
            port.plug()
        pads = Keypads(wires["pads"], truth=truth)
        for address in {3, *self.pressed}:
            pads.add(address)
        cards = Signs(wires["signs"], truth=truth)
        for address in self.signs:
            cards.add(address)
        printer = Printer(wires["printer"], truth=truth, profile=PAPER_80)
        if self.near_end:
            printer.near_end()
        self._plugged.set()
        while not self._unplug.is_set():
            for address in self.pressed:
                pads.press(address, 1)
            await asyncio.sleep(0.05)
        for port in ports:
            port.unplug()


@pytest.fixture
def emulated(hall: Folder, monkeypatch: pytest.MonkeyPatch) -> Emulated:
    emulated = Emulated(hall.path / "dev")
    hall.write(HALL + emulated.tables)
    return emulated


def test_devices_that_all_answer_are_well(emulated: Emulated, run: Run) -> None:
    with emulated.plugged():
        checked = run("check")
    assert states(checked) == dict.fromkeys(("keypad.ff68", "led.onbon", "printer.escpos"), ("✓", "ok"))
    assert checked.code == 0
    assert "按一下每个评价器" in checked.err


def test_keypad_that_nobody_presses_is_unknown_and_never_well(
    emulated: Emulated, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "PROBE_S", 0.5)
    emulated.pressed = ()
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["keypad.ff68"] == ("✗", "unknown")
    assert checked.code == 1


def test_line_on_which_some_keypad_was_not_heard_is_not_quite_well(
    emulated: Emulated, run: Run, hall: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "PROBE_S", 2.0)
    hall.write(HALL + emulated.tables.replace("windows = {{ 3 = 3 }}", "windows = {{ 3 = 3, 7 = 3 }}", 1))
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["keypad.ff68"] == ("!", "ok")
    assert "地址 7 尚未收到" in checked.out
    assert checked.code == 1


def test_every_keypad_of_a_line_has_time_to_be_pressed(emulated: Emulated, run: Run, hall: Folder) -> None:
    hall.write(HALL + emulated.tables.replace("windows = {{ 3 = 3 }}", "windows = {{ 3 = 3, 7 = 3 }}", 1))
    emulated.pressed = (3, 7)
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["keypad.ff68"] == ("✓", "ok")
    assert checked.code == 0


def test_keypad_at_an_address_that_no_window_has_is_told(emulated: Emulated, run: Run) -> None:
    emulated.pressed = (3, 9)
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["keypad.ff68"] == ("!", "ok")
    assert "未配置地址 9" in checked.out
    assert checked.code == 1


def test_printer_that_soon_needs_paper_is_not_quite_well(emulated: Emulated, run: Run) -> None:
    emulated.near_end = True
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["printer.escpos"] == ("!", "degraded")
    assert checked.code == 1


def test_sign_that_is_silent_is_not_well(emulated: Emulated, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "PROBE_S", 2.0)
    emulated.signs = ()
    with emulated.plugged():
        checked = run("check")
    assert states(checked)["led.onbon"][0] == "✗"
    assert checked.code == 1
