import errno
import os
import re

import pytest

from hub import errors
from hub.errors import (
    BadValue,
    ConfigError,
    Conflict,
    HallhubError,
    LogBroken,
    LogBusy,
    NotAllowed,
    NotFound,
    NoToken,
    Problem,
    StateForbids,
    StorageFull,
    Unusable,
    explained,
)

EACH = [
    BadValue("priority", "elderly", 7),
    ConfigError(Problem("hall.toml", "web.port", "端口", '"x"')),
    Conflict("Idempotency-Key", "该键已用于另一请求"),
    LogBroken(7, "散列不符"),
    LogBusy("hallhub serve, pid 812"),
    NoToken(),
    NotAllowed("device", frozenset({"manager", "clerk"})),
    NotFound("window", "9"),
    StateForbids("start", "idle", "窗口尚未叫号"),
    StorageFull("/data"),
    Unusable("/data", "Permission denied"),
]


@pytest.mark.parametrize("error", EACH, ids=lambda error: type(error).__name__)
def test_every_message_is_chinese_and_names_its_data(error: HallhubError) -> None:
    assert re.search(r"[\u4e00-\u9fff]", str(error))
    data = {name: value for name, value in vars(error).items() if isinstance(value, str | int) and name != "got"}
    assert [name for name, value in data.items() if str(value) not in str(error)] in ([], ["kind"])


def test_the_docstring_shows_the_whole_tree() -> None:
    classes = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, HallhubError)}
    assert set(re.findall(r"^[│├└─ ]*(\w+)", errors.__doc__ or "", re.MULTILINE)) >= classes


def test_only_bad_usage_and_configuration_exit_with_2() -> None:
    assert {type(error) for error in EACH if error.exit_code == 2} == {BadValue, ConfigError}


def test_config_errors_have_one_line_for_each_problem() -> None:
    one, other = Problem("a.toml", "x", "文字", "1", "y"), Problem("a.toml", "", "文件", "无")
    assert str(ConfigError(one, other)).splitlines() == [
        "a.toml: x: 应为文字，实为1；是不是“y”？(did you mean 'y'?)",
        "a.toml: 应为文件，实为无",
    ]


def test_an_unknown_kind_is_named_as_it_is() -> None:
    assert "duty rota" in str(NotFound("duty_rota", "1"))


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("database or disk is full", "磁盘已满，暂时无法保存：database or disk is full (disk full)"),
        (os.strerror(errno.ENOSPC), "磁盘已满"),
        (os.strerror(errno.EDQUOT), "磁盘配额已用完"),
        ("disk I/O error", "磁盘读写出错，暂时无法保存：disk I/O error (disk I/O error)"),
        (os.strerror(errno.EIO), "磁盘读写出错"),
        ("database is locked", "数据库被其他程序占用，暂时无法保存：database is locked (database in use)"),
        ("attempt to write a readonly database", "数据库只读"),
        ("database disk image is malformed", "数据库已损坏"),
        ("unable to open database file", "数据库无法打开"),
        ("could not connect to server", "数据库连接不上"),
        ("", "数据库出错，暂时无法保存 (database refuses)"),
    ],
)
def test_a_refusing_database_is_called_full_only_where_it_says_so(detail: str, said: str) -> None:
    assert str(StorageFull(detail)).startswith(said)
    assert ("满" in str(StorageFull(detail))) == ("满" in said)


@pytest.mark.parametrize("reason", [os.strerror(n) for n in (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOENT)])
def test_a_systems_reason_is_explained_and_kept(reason: str) -> None:
    assert explained(reason).endswith(f" ({reason})")
    assert explained(reason) != explained("something else").replace("something else", reason)


def test_a_full_disk_at_the_start_is_told_for_what_it_may_be() -> None:
    """SQLite has no other word where the files beside its database can't be made."""
    assert "剩余空间" in explained("disk I/O error")
