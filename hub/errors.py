"""The error tree of the hub.

HallhubError
├── ConfigError      hall.toml is wrong: all its problems together
├── BadValue         a value from outside is not what is expected
├── WrongCode        a rating lacks the code of its slip, or has a wrong one
├── NotFound         no window, ticket, service, clerk … of that id
├── StateForbids     the state forbids the verb; no fact was written
├── Conflict         it clashes with what already stands: a key used for another request, a taken name
├── NoToken          no token, or one that is unknown or revoked
├── NotAllowed       the token's role is too low
└── LogError         the event log
    ├── LogBroken    its chain does not hold, or an imported log makes no sense
    ├── LogBusy      another program holds the data folder
    ├── Unusable     the data folder or the database can't be used as it is
    └── StorageFull  the database takes nothing now, for a full disk or another reason; nothing was acknowledged

Messages are for people, Chinese first; what a program needs stands in the attributes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

_KINDS = {
    "address": "地址的窗口",
    "agent": "取号机代理",
    "case": "办件",
    "clerk": "工作人员",
    "complaint": "投诉",
    "device": "设备",
    "edition": "定稿",
    "finding": "查实结论",
    "flag": "疑似记录",
    "kiosk": "取号机",
    "link": "链接",
    "press": "按键记录",
    "quarter": "季度",
    "rating": "评价",
    "rule_set": "规则集",
    "sample": "回访抽样",
    "service": "业务",
    "ticket": "号票",
    "token": "令牌",
    "window": "窗口",
}


_ENTRY: Final = re.compile(r"(services|windows|clerks|kiosks|devices)\[(\d+)\]")
"""An entry of a list of tables; people count them from one."""


class HallhubError(Exception):
    """Something that the hub can't do."""

    exit_code: ClassVar[int] = 1
    """What the command line ends with: 2 for bad usage or configuration, 1 for failure (interfaces.md)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a configuration file."""

    file: str
    where: str
    """Key path such as `windows[2].services[0]`, or `line 3, column 7`; empty for the file as a whole."""
    expected: str
    got: str
    nearest: str = ""
    """The valid key or value that is spelled most like `got`; empty where none is."""

    def __str__(self) -> str:
        """One line: file, place, expected, got and the nearest valid one."""
        entry = _ENTRY.match(self.where)
        nth = f"（第 {int(entry.group(2)) + 1} 个 [[{entry.group(1)}]]）" if entry else ""
        place = f"{self.file}: {self.where}{nth}" if self.where else self.file
        hint = f"；是不是“{self.nearest}”？(did you mean {self.nearest!r}?)" if self.nearest else ""
        return f"{place}: 应为{self.expected}，实为{self.got}{hint}"


class ConfigError(HallhubError):
    """The configuration is wrong; the message has one line for each problem."""

    exit_code = 2

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class BadValue(HallhubError):
    """A value from outside is not what is expected."""

    exit_code = 2

    def __init__(self, field: str, expected: str, got: object) -> None:
        super().__init__(f"{field}: 应为{expected}，实为{got!r}")
        self.field = field
        self.expected = expected
        self.got = got


class WrongCode(HallhubError):
    """A rating lacks the code of its slip or has a wrong one; so many tries are left."""

    exit_code = 2

    def __init__(self, digits: int, left: int, *, is_missing: bool = False) -> None:
        if is_missing:
            text = f"请填写号票上的 {digits} 位评价码 (enter the {digits}-digit rating code printed on your slip)"
        elif left:
            text = f"评价码不对，请核对号票上的 {digits} 位评价码，还可试 {left} 次 (wrong code; {left} tries left)"
        else:
            text = "评价码输错次数过多，本次办理不能再用手机评价，请到咨询台 (too many wrong rating codes)"
        super().__init__(text)
        self.digits = digits
        self.left = left
        self.is_missing = is_missing


class NotFound(HallhubError):
    """There is no `kind` (a word of the glossary: window, ticket, service …) called `id`."""

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002 - the word of the API and its problem bodies
        super().__init__(f"没有这个{_KINDS.get(kind, kind)}：{id} (no such {kind.replace('_', ' ')})")
        self.kind = kind
        self.id = id


class StateForbids(HallhubError):
    """`verb` is forbidden in `state`; `detail` says to a person why, and what would help."""

    def __init__(self, verb: str, state: str, detail: str) -> None:
        super().__init__(f"{detail} ({verb}: not while {state})")
        self.verb = verb
        self.state = state
        self.detail = detail


class Conflict(HallhubError):
    """It clashes with what already stands; `what` names that."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"{detail} ({what})")
        self.what = what
        self.detail = detail


class NoToken(HallhubError):
    """No token, or one that is unknown or revoked; the message doesn't tell which."""

    def __init__(self) -> None:
        super().__init__("没有有效的令牌，请重新登录或配对 (no valid token)")


class NotAllowed(HallhubError):
    """The token's role is not one of those that may do this."""

    def __init__(self, role: str, needs: frozenset[str]) -> None:
        super().__init__(f"当前身份无权进行此操作 (role {role!r}, needs {' or '.join(sorted(needs))})")
        self.role = role
        self.needs = needs


class LogError(HallhubError):
    """The event log fails."""


class LogBroken(LogError):
    """The log does not hold from number `seq` on; in an imported file `seq` is the line, counted from 1."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"事件日志第 {seq} 条有误：{reason} (log broken at {seq})")
        self.seq = seq
        self.reason = reason


class LogBusy(LogError):
    """Another program holds the data folder; `holder` says which, for example `hallhub serve, pid 812`."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"数据目录正被占用：{holder}，请先停止它 (data folder in use)")
        self.holder = holder


class Unusable(LogError):
    """The data folder or the database at `where` can't be used; `reason` is what the system or the database says."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {explained(reason)}")
        self.where = where
        self.reason = reason


class StorageFull(LogError):
    """The database takes or gives nothing now, mostly for a full disk: nothing was stored or may be acknowledged.

    `detail` is what the system or the database says.
    """

    def __init__(self, detail: str = "") -> None:
        what, english = refusal(detail)
        tail = f"：{detail}" if detail else ""
        super().__init__(f"{what}，暂时无法保存{tail} ({english})")
        self.detail = detail


_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "full": ("磁盘已满", "disk full"),
    "No space left": ("磁盘已满", "disk full"),
    "quota exceeded": ("磁盘配额已用完", "disk quota exceeded"),
    "I/O error": ("磁盘读写出错", "disk I/O error"),  # SQLite's word also where its index of the WAL finds no room
    "Input/output error": ("磁盘读写出错", "disk I/O error"),
    "locked": ("数据库被其他程序占用", "database in use"),
    "readonly": ("数据库只读", "database is read-only"),
    "Read-only": ("数据库只读", "database is read-only"),
    "malformed": ("数据库已损坏", "database damaged"),
    "unable to open": ("数据库无法打开", "database can't be opened"),
    "connect": ("数据库连接不上", "database can't be reached"),
}


def refusal(detail: str) -> tuple[str, str]:
    """Why the database refuses, in Chinese and English, by what it says itself."""
    return next((text for words, text in _REFUSALS.items() if words in detail), ("数据库出错", "database refuses"))


_EXPLAINED: Final[Mapping[str, str]] = {
    "Permission denied": "没有读写权限；请换用有权限的用户运行，或修改权限",
    "Operation not permitted": "没有读写权限；请换用有权限的用户运行，或修改权限",
    "Read-only file system": "文件系统只读；请重新挂载，或换一个目录",
    "No space left": "磁盘已满；请腾出空间",
    "File exists": "应为目录，却是文件；请换一个位置",
    "Not a directory": "上级路径不是目录；请换一个位置",
    "Is a directory": "应为文件，却是目录；请换一个位置",
    "No such file": "没有这个文件或目录；请核对路径",
    "readonly database": "没有写权限；请换用有权限的用户运行，或修改数据目录的权限",
    "unable to open database": "数据库无法打开；请检查数据目录的权限",
    "not a database": "不是数据库，或已损坏；请保全该文件，并从备份恢复",
    "malformed": "数据库已损坏；请保全数据目录，并从备份恢复",
    "disk is full": "磁盘已满；请腾出空间",
    "disk I/O error": "磁盘读写出错，或已满；请检查剩余空间和磁盘",
    "database is locked": "被其他程序占用；请先停止它",
    "No module named": "缺少 Python 包；请安装 hallhub[postgres]",
}
"""What systems and databases say, to people: what it means and what to do."""


def explained(reason: str) -> str:
    """What a system's or database's message means and what to do, with its own words behind."""
    meaning = next((text for words, text in _EXPLAINED.items() if words in reason), "无法使用；请检查配置与系统")
    return f"{meaning} ({reason})"
