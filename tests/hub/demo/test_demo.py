"""The demo hall: planned from one seed, really run, and found to agree with its own devices."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.config import load
from hub.demo.folder import Folder, NotADemoFolder
from hub.demo.plan import plan_day
from hub.demo.town import make_town
from hub.domain.events import KeyPressed, PressUnmatched, RatingRecorded, TicketIssued
from hub.eventlog import Database, EventLog, verify

START_S = 60
DONE = re.compile(r"办结 (\d+) done")


def test_same_seed_means_the_same_hall_and_day() -> None:
    assert make_town(8, 1) == make_town(8, 1)
    assert plan_day(make_town(8, 1), 1, 0) == plan_day(make_town(8, 1), 1, 0)
    assert plan_day(make_town(8, 1), 1, 0) != plan_day(make_town(8, 1), 2, 0)


def test_some_clerks_press_in_citizens_places_and_most_do_not() -> None:
    plan = plan_day(make_town(8, 1), 1, 0)
    cheats = [clerk for clerk in plan.clerks if clerk.tricks]
    assert 1 <= len(cheats) < len(plan.clerks) / 2 + 1


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(NotADemoFolder):
        Folder(tmp_path).check()
    assert (tmp_path / "thesis.txt").exists()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """A demo in a process of its own until some visits are done; then the function ends it and gives its folder."""
    folder = tmp_path_factory.mktemp("demo") / "hall"
    command = [sys.executable, "-m", "hub.cli", "demo", "--headless", "--speed", "300", "--port", "0"]
    environment = os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        said = ""
        for line in child.stdout:
            said += line
            found = DONE.search(line)
            if found and int(found.group(1)) >= 8:
                break
        tokens = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        (folder / "asked.json").write_text(json.dumps(asked(tokens)), encoding="utf-8")

        def end() -> Path:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
                rest, _ = child.communicate(timeout=START_S)
                (folder / "said.txt").write_text(said + rest, encoding="utf-8")
            return folder

        yield end
        end()


def asked(demo_json: dict[str, dict[str, str]]) -> dict[str, object]:
    """What a newcomer's browser and an inspector's program get while it runs."""
    pages = {}
    for name, link in demo_json["links"].items():
        with urllib.request.urlopen(link.partition("#")[0], timeout=START_S) as answer:
            pages[name] = answer.status
        code = re.search(r"pair=(\w+)", link)
        assert code is not None
        body = json.dumps({"code": code.group(1)}).encode()
        for _twice in range(2):
            request = urllib.request.Request(
                f"{demo_json['url']}/api/v1/pair", body, {"Content-Type": "application/json"}, method="POST"
            )
            with urllib.request.urlopen(request, timeout=START_S) as answer:
                pages[f"{name} paired"] = answer.status
    request = urllib.request.Request(
        f"{demo_json['url']}/api/v1/devices", headers={"Authorization": f"Bearer {demo_json['tokens']['manager']}"}
    )
    with urllib.request.urlopen(request, timeout=START_S) as answer:
        return {"pages": pages, "devices": json.load(answer)}


def test_links_are_paired_and_open_more_than_once(demo: Callable[[], Path]) -> None:
    folder = demo()
    pages = json.loads((folder / "asked.json").read_text(encoding="utf-8"))["pages"]
    assert {pages["kiosk"], pages["wall"], pages["caller"]} == {200}
    assert {pages["kiosk paired"], pages["wall paired"], pages["caller paired"]} == {204}


def test_demo_json_names_all_roles(demo: Callable[[], Path]) -> None:
    told = json.loads((demo() / "demo.json").read_text(encoding="utf-8"))
    assert set(told) == {"url", "tokens", "links"}
    assert set(told["tokens"]) == {"device", "clerk", "manager", "inspector", "inspector2", "admin"}
    assert set(told["links"]) == {"kiosk", "wall", "caller", "inspector"}


def test_hub_tells_what_happened_at_the_devices(demo: Callable[[], Path]) -> None:
    said = (demo() / "said.txt").read_text(encoding="utf-8")
    assert "✓ 设备上发生的与中枢日志完全一致" in said
    assert "Traceback" not in said


def test_log_verifies_and_repeats_no_number(demo: Callable[[], Path]) -> None:
    database = Database.of(load(demo() / "hall.toml"))
    assert verify(database).bad_seq is None
    log = EventLog(database)
    facts = [recorded.fact for recorded in log.replay()]
    log.close()
    numbers = [(fact.day, fact.number) for fact in facts if isinstance(fact, TicketIssued)]
    assert len(numbers) == len(set(numbers)) > 0
    pressed = {fact.press for fact in facts if isinstance(fact, KeyPressed)}
    decided = [fact.press for fact in facts if isinstance(fact, RatingRecorded | PressUnmatched)]
    assert pressed <= set(decided)


def test_summary_lies_in_the_report_folder(demo: Callable[[], Path]) -> None:
    with (demo() / "report" / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 4
    assert sum(int(row["finished"]) for row in rows) >= 8
