from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from hub.demo import Options, run
from hub.demo.folder import CantUseFolder, Folder, NotADemoFolder
from hub.demo.show import PortInUse
from hub.errors import LogBusy
from hub.eventlog import DataLock


def test_new_and_empty_folders_will_do(tmp_path: Path) -> None:
    Folder(tmp_path).check()
    Folder(tmp_path / "new" / "deep").check()


def test_earlier_demos_folder_is_emptied_but_for_the_lock(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    (folder.data / "lock").touch()
    (folder.data / "hallhub.sqlite").write_text("old")
    folder.ports.mkdir()
    folder.config.write_text("old")
    folder.tell("http://hall", {"device": "t"}, {"kiosk": "k"})
    folder.check()
    folder.clean()
    assert {path.name for path in folder.path.iterdir()} == {".hallhub-demo", "data"}
    assert [path.name for path in folder.data.iterdir()] == ["lock"]


def test_demo_that_died_before_it_told_anything_leaves_a_folder_of_ours(tmp_path: Path) -> None:
    Folder(tmp_path).make()
    (tmp_path / "hall.toml").touch()
    Folder(tmp_path).check()


def test_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(NotADemoFolder, match="--data"):
        run(Options(data=tmp_path, headless=True))
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CantUseFolder):
        Folder(tmp_path / "file").check()
    with pytest.raises(CantUseFolder):
        Folder(tmp_path / "file" / "below").make()


def test_demo_json_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.tell("http://hall", {"device": "t"}, {"kiosk": "k"})
    assert json.loads(folder.told.read_text()) == {
        "url": "http://hall",
        "tokens": {"device": "t"},
        "links": {"kiosk": "k"},
    }
    assert folder.told.stat().st_mode & 0o777 == 0o600


def test_running_demo_keeps_its_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    folder.config.write_text("its own")
    with DataLock(folder.data, "demo"), pytest.raises(LogBusy, match="hallhub demo"):
        run(Options(data=tmp_path, headless=True))
    assert folder.config.read_text() == "its own"


def test_taken_port_is_one_sentence_and_leaves_no_pty(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortInUse, match="--port"):
        run(Options(windows=1, data=tmp_path / "demo", port=taken.getsockname()[1], headless=True))
    assert list((tmp_path / "demo" / "ports").iterdir()) == []
