"""Help, usage, and how errors are said."""

import re
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from hub import __version__
from hub.cli.faults import said
from hub.errors import BadValue, ConfigError, LogBusy, Problem
from tests.hub.cli.conftest import CHINESE, Folder, Run

COMMANDS = [
    "serve",
    "check",
    "verify",
    "checkpoint",
    "export events",
    "token create",
    "token list",
    "token revoke",
    "pair",
    "devices drivers",
    "bench",
    "demo",
]


@pytest.mark.parametrize("command", ["", "token", "export", "devices", *COMMANDS])
def test_help_is_chinese_and_english(command: str, run: Run) -> None:
    help_ = run(*command.split(), "--help")
    assert (help_.code, help_.err) == (0, "")
    about = help_.out.split("╭")[0]
    assert re.search(CHINESE, about)
    assert re.search(r"\([a-z0-9' ,;]{4,}", about), "no English"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_is_explained_in_both_languages(command: str, run: Run) -> None:
    for line in run(*command.split(), "--help").out.splitlines():
        if found := re.match(r"│ [*]?\s+(--[a-z]+)\s", line):
            assert found.group(1) == "--help" or (re.search(CHINESE, line) and re.search(r"\([^)]*[a-z]{3}", line)), (
                line
            )


def test_the_frames_of_a_help_are_in_both_languages(run: Run) -> None:
    help_ = run("pair", "--help").out
    assert "选项 Options" in help_
    assert "必填 required" in help_
    assert "默认 default: kiosk" in help_
    assert "命令 Commands" in run("--help").out
    assert "参数 Arguments" in run("bench", "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_its_groups_help(command: str, run: Run) -> None:
    *group, name = command.split()
    assert re.search(rf"^│ {name}\s+.*{CHINESE}", run(*group, "--help").out, re.MULTILINE)


def test_version_is_told(run: Run) -> None:
    assert run("--version").out == f"hallhub {__version__}\n"


@pytest.mark.parametrize("group", [[], ["token"], ["export"], ["devices"]])
def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2(group: list[str], run: Run) -> None:
    shown = run(*group)
    assert shown.code == 2
    assert "Usage: hallhub" in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("sevre", "'sevre'"),
        ("token craete", "'create'"),
        ("serve --prot 8000", "--prot"),
        ("verify --witness", "--witness"),
        ("token create --role device", "--name"),
        ("token revoke", "NAME"),
        ("bench", "NAME"),
        ("demo --windows 0", "--windows"),
        ("demo --windows 61", "--windows"),
        ("demo --speed fast", "--speed"),
        ("demo --speed 0.5", "--speed"),
        ("demo --days 0", "--days"),
        ("demo --port 70000", "--port"),
        ("demo --seed x", "--seed"),
        ("export events", "-o"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it_and_the_help(arguments: str, named: str, run: Run) -> None:
    ended = run(*arguments.split())
    assert ended.code == 2
    assert named in ended.error
    assert "--help" in ended.error
    assert re.match(CHINESE, ended.error)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("sevre", "没有这个命令：'sevre'（是不是 'serve'？）；"),
        ("serve --prot 8000", "没有这个选项：--prot；"),
        ("serve now", "多余的参数：now；"),
        ("verify --witness", "选项 '--witness' 后面缺少值；"),
        ("token create --role device", "缺少选项：'--name'；"),
        ("token revoke", "缺少参数：'NAME'；"),
        ("demo --windows 61", "'--windows' 取值有误：不得大于 60；"),
        ("demo --days 0", "'--days' 取值有误：不得小于 1；"),
        ("demo --seed x", "'--seed' 取值有误：应为整数；"),
        ("demo --speed fast", "'--speed' 取值有误：应为数；"),
    ],
)
def test_wrong_usage_is_said_in_chinese_with_the_librarys_words_behind(arguments: str, said: str, run: Run) -> None:
    assert said in run(*arguments.split()).error


NEEDS_CONFIG = ["serve", "check", "verify", "checkpoint", "export events -o x", "token list", "token revoke x"]


@pytest.mark.parametrize(
    "command", [*NEEDS_CONFIG, "token create --role admin --name x", "pair --role device --name x"]
)
def test_missing_configuration_is_named_with_what_to_do(command: str, run: Run, hall: Folder) -> None:
    hall.config.unlink()
    ended = run(*command.split())
    assert ended.code == 2
    assert str(hall.config) in ended.error
    assert "hall.toml.example" in ended.error
    assert not hall.data.exists()


def test_configuration_is_the_option_before_the_environment_before_the_folder(
    run: Run, hall: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALLHUB_CONFIG", str(hall.path / "from-environment.toml"))
    assert "from-environment.toml" in run("verify").error
    assert "from-option.toml" in run("verify", "-c", "from-option.toml").error
    assert run("verify", "--config", "hall.toml").code == 0


@pytest.mark.parametrize("command", NEEDS_CONFIG)
def test_faults_of_the_configuration_are_a_line_each(command: str, run: Run, hall: Folder) -> None:
    hall.write('[hall]\nnmae = "x"\n[web]\nport = "many"\n')
    ended = run(*command.split())
    assert (ended.code, ended.out) == (2, "")
    assert [line.partition("hall.toml: ")[2].split(":")[0] for line in ended.err.splitlines()] == [
        "hall.name",
        "hall.nmae",
        "web.port",
    ]
    assert "did you mean 'name'" in ended.err


def test_data_of_another_shape_is_said_by_every_command(run: Run, hall: Folder) -> None:
    hall.data.write_text("not a folder")
    for command in ("verify", "checkpoint", "export events -o x", "token list", "check"):
        ended = run(*command.split())
        assert ended.code == 1
        assert f"{hall.data}: " in ended.err
        assert "Traceback" not in ended.err


def test_corrupt_database_is_said_by_every_command(run: Run, hall: Folder) -> None:
    hall.data.mkdir()
    (hall.data / "hallhub.sqlite").write_bytes(b"\x00nonsense" * 1000)
    for command in ("verify", "checkpoint", "export events -o x", "token list", "token create --role admin --name x"):
        ended = run(*command.split())
        assert ended.code == 1
        assert str(hall.data / "hallhub.sqlite") in ended.error
        assert "备份" in ended.error


class TestSaid:
    def test_each_of_the_hubs_errors_has_its_own_code(self) -> None:
        assert said(LogBusy("hallhub serve, pid 7"))[1] == 1
        assert said(BadValue("x", "y", "z"))[1] == 2
        problem = Problem("hall.toml", "", "a", "b")
        assert len(said(ConfigError(problem, problem))[0]) == 2

    def test_errors_of_tasks_are_taken_out_of_their_group(self) -> None:
        group = ExceptionGroup("tasks", [ExceptionGroup("more", [LogBusy("hallhub serve, pid 7")])])
        assert said(group) == said(LogBusy("hallhub serve, pid 7"))

    def test_a_systems_error_names_the_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError) as caught:
            (tmp_path / "none" / "file").write_text("")
        (line,), code = said(caught.value)
        assert line.startswith(f"{tmp_path}/none/file: 没有这个文件")
        assert code == 1
        assert said(OSError("cable"))[0] == ["无法使用；请检查配置与系统 (cable)"]

    def test_a_databases_error_is_its_own_words_explained(self) -> None:
        error = OperationalError("INSERT …", {}, Exception("database or disk is full"))
        assert said(error) == (["数据库: 磁盘已满；请腾出空间 (database or disk is full)"], 1)

    def test_a_bug_is_one_line_with_its_place(self) -> None:
        def wrong() -> None:
            raise KeyError("many\nlines")

        with pytest.raises(KeyError) as caught:
            wrong()
        (line,), code = said(caught.value)
        assert "KeyError" in line
        assert "test_app.py:" in line
        assert code == 1
        assert said(KeyError("x"))[0][0].endswith("KeyError('x')")
