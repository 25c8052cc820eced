"""The hall that the demo makes up: its services, windows and clerks."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

HALL_NAME: Final = "示范县政务服务中心"
WINDOWS_A_KIOSK: Final = 16
"""So many windows' citizens one kiosk can serve."""
BY_PAGE_EVERY: Final = 3
"""Every third window's clerk works by the page instead of the pad, so that the hub arms evaluators by wire too."""


@dataclass(frozen=True, slots=True)
class Service:
    """业务."""

    code: str
    name: str
    prefix: str
    typical_s: int
    promised_days: int
    statutory_days: int
    fee: str
    basis: str
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """窗口 with the clerk who sits there."""

    number: int
    name: str
    department: str
    services: tuple[str, ...]
    clerk: str
    by_page: bool
    """Whether the clerk works by HTTP, as the page does; else by the pad's keys."""
    transfer_to: int | None = None


@dataclass(frozen=True, slots=True)
class Clerk:
    """窗口工作人员."""

    id: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Town:
    """All that hall.toml says of the made-up hall."""

    services: tuple[Service, ...]
    windows: tuple[Window, ...]
    clerks: tuple[Clerk, ...]
    kiosks: tuple[str, ...]

    def service(self, code: str) -> Service:
        """The service of that code."""
        return next(service for service in self.services if service.code == code)

    def window(self, number: int) -> Window:
        """The window of that number."""
        return self.windows[number - 1]

    def clerk(self, clerk: str) -> Clerk:
        """The clerk of that id."""
        return next(one for one in self.clerks if one.id == clerk)


# Names of laws are real; days and materials are of the usual size and bind nobody.
_SERVICES: Final = (
    Service(
        "social",
        "社会保险",
        "A",
        330,
        3,
        15,
        "不收费",
        "《中华人民共和国社会保险法》",
        ("身份证原件", "参保登记表一份"),
    ),
    Service(
        "medical", "医疗保险", "B", 270, 5, 20, "不收费", "《医疗保障基金使用监督管理条例》", ("身份证原件", "医疗票据")
    ),
    Service(
        "estate",
        "不动产登记",
        "C",
        660,
        5,
        30,
        "住宅每件80元",
        "《不动产登记暂行条例》",
        ("身份证原件", "不动产权证书"),
    ),
    Service(
        "household", "户政业务", "D", 390, 1, 5, "不收费", "《中华人民共和国户口登记条例》", ("户口簿", "身份证原件")
    ),
    Service(
        "tax", "涉税业务", "E", 360, 1, 10, "不收费", "《中华人民共和国税收征收管理法》", ("身份证原件", "纳税申报表")
    ),
    Service(
        "company", "企业登记", "F", 540, 1, 15, "不收费", "《中华人民共和国市场主体登记管理条例》", ("申请书", "章程")
    ),
    Service("civil", "民政业务", "G", 420, 10, 30, "不收费", "《社会救助暂行办法》", ("身份证原件", "申请书")),
    Service("fund", "住房公积金", "H", 330, 3, 15, "不收费", "《住房公积金管理条例》", ("身份证原件", "银行卡")),
)


@dataclass(frozen=True, slots=True)
class _Seat:
    """A window as it is furnished; `sends_to` is the seat, counted from 1, to which the pad's transfer key sends."""

    name: str
    department: str
    services: tuple[str, ...]
    sends_to: int | None = None


_SEATS: Final = (
    _Seat("社会保险", "人社局", ("social",)),
    _Seat("医疗保险", "医保局", ("medical",)),
    _Seat("不动产登记", "自然资源局", ("estate",), sends_to=5),
    _Seat("户政业务", "公安局", ("household",)),
    _Seat("涉税业务", "税务局", ("tax",)),
    _Seat("企业登记", "市场监管局", ("company",), sends_to=5),
    _Seat("社保医保", "人社局", ("social", "medical")),
    _Seat("综合受理", "政务服务局", ("civil", "fund", "social")),
)
_ALONE: Final = _Seat("综合受理", "政务服务局", ("social", "medical", "civil"))
_TIMES: Final = ("", "二", "三", "四", "五", "六", "七", "八")

_FAMILY: Final = "王李张刘陈杨黄周吴徐孙马朱胡郭何林罗高梁郑谢宋唐韦覃蒙陆卢莫"
_GIVEN: Final = (
    "秀英建国丽华志强晓燕文博海霞国庆玉兰明辉雪梅家豪春花立新佳怡"
    "永福慧敏少军彩云德胜思远红梅振华静怡大伟桂芳宏伟婷婷光明美玲"
)
"""Two characters each."""


def make_town(windows: int, seed: int) -> Town:
    """A hall with so many windows; the same seed seats the same people."""
    random = Random(f"town/{seed}")
    numbered = [_seat(windows, number) for number in range(1, windows + 1)]
    names = _names(windows, random)
    clerks = tuple(
        Clerk(str(1000 + number), name, seat.department)
        for number, (name, seat) in enumerate(zip(names, numbered, strict=True), 1)
    )
    used = {code for seat in numbered for code in seat.services}
    return Town(
        services=tuple(service for service in _SERVICES if service.code in used),
        windows=tuple(
            Window(
                number=number,
                name=seat.name + _TIMES[(number - 1) // len(_SEATS)],
                department=seat.department,
                services=seat.services,
                clerk=clerks[number - 1].id,
                by_page=number % BY_PAGE_EVERY == 0,
                transfer_to=seat.sends_to if seat.sends_to and seat.sends_to <= windows else None,
            )
            for number, seat in enumerate(numbered, 1)
        ),
        clerks=clerks,
        kiosks=tuple(f"K{n}" for n in range(1, -(-windows // WINDOWS_A_KIOSK) + 1)),
    )


def _seat(windows: int, number: int) -> _Seat:
    return _ALONE if windows == 1 else _SEATS[(number - 1) % len(_SEATS)]


def _names(count: int, random: Random) -> list[str]:
    """Different names, family names as they come."""
    found: dict[str, None] = {}
    while len(found) < count:
        given = 2 * random.randrange(len(_GIVEN) // 2)
        found[random.choice(_FAMILY) + _GIVEN[given : given + 2]] = None
    return list(found)
