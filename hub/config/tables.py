"""The tables of hall.toml. A field's `description` says to people what is expected there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationInfo

from hub.config.holidays import announced
from hub.config.rulesets import editions
from hub.domain import model
from hub.domain.calendar import WorkCalendar
from hub.domain.rules import RuleSet


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / path


def _one_of_0_3_4(value: int) -> int:
    if value not in {0, 3, 4}:
        raise ValueError(value)
    return value


def _several(value: Any) -> Any:  # noqa: ANN401 - TOML brings anything
    return (value,) if isinstance(value, str) else value


def _number(key: Any) -> Any:  # noqa: ANN401 - TOML brings anything; pydantic refuses what stays text
    try:
        return int(key, 16 if key[:2].lower() == "0x" else 10)
    except (TypeError, ValueError):
        return key


def _numbered(value: Any) -> Any:  # noqa: ANN401 - TOML brings anything
    return {_number(key): item for key, item in value.items()} if isinstance(value, dict) else value


Whole = Annotated[int, Field(strict=True)]
Name = Annotated[str, Field(pattern=r"^\S(.{0,38}\S)?$")]
Id = Annotated[str, Field(pattern=r"^[\w.-]{1,32}$")]
WindowNumber = Annotated[int, Field(strict=True, ge=1, le=999)]
Address = Annotated[int, Field(ge=0, le=65535)]
KeyValue = Annotated[int, Field(ge=0, le=255)]
Level = Annotated[int, Field(strict=True, ge=1, le=5)]
Pixels = Annotated[int, Field(strict=True, ge=8, le=4096)]
Days = Annotated[int, Field(strict=True, ge=0, le=3650)]
SlipCodeDigits = Annotated[Whole, AfterValidator(_one_of_0_3_4)]
Lines = Annotated[tuple[str, ...], BeforeValidator(_several)]
Option = Annotated[
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True)]
    | Annotated[float, Field(strict=True)]
    | Annotated[str, Field(strict=True)],
    Field(union_mode="left_to_right"),
]

_ID = "1–32 个字母、数字、点、横线组成的文字 (text of letters, digits, . _ -)"
_NAME = "1–40 个字的文字，首尾无空格 (text)"
_WINDOW = "窗口号，整数 1–999 (window number)"


class Table(BaseModel):
    """A table that never changes and refuses keys that it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HallTable(Table):
    """`[hall]`: the hall itself."""

    name: Name = Field(description=_NAME)
    timezone: str = Field("Asia/Shanghai", description="时区名，如 Asia/Shanghai (IANA time zone)")
    data: Annotated[Path, AfterValidator(_beside_the_file)] = Field(
        Path("data"), description="数据目录 (folder)", validate_default=True
    )
    database: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9+]*://", description="数据库地址 (SQLAlchemy URL)", repr=False
    )
    rules: Id = Field("seed-county", description="规则集名 (name of a rule set)")
    max_overtakes: Whole = Field(3, ge=0, le=100, description="整数 0–100 (integer)")
    return_after: Whole = Field(3, ge=0, le=100, description="整数 0–100 (integer)")

    @property
    def zone(self) -> ZoneInfo:
        """The hall's time zone."""
        return ZoneInfo(self.timezone)


class CalendarTable(Table):
    """`[calendar]`: the hall's own days beside the announced ones."""

    holidays: tuple[date, ...] = Field((), description="日期列表，如 [2026-10-01] (dates)")
    workdays: tuple[date, ...] = Field((), description="日期列表，如 [2026-10-10] (dates)")

    def work_calendar(self) -> WorkCalendar:
        """Return the announced calendar with the hall's own days over it."""
        return announced().with_overrides(self.holidays, self.workdays)


class WebTable(Table):
    """`[web]`: where pages and API are."""

    host: str = Field("127.0.0.1", min_length=1, description="监听地址，如 127.0.0.1 (address to listen on)")
    port: Whole = Field(8000, ge=0, le=65535, description="端口，整数 0–65535，0 为任意空闲端口 (port)")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^\s/]\S*$", description="以 http:// 或 https:// 开头的网址 (URL)"
    )

    @property
    def url(self) -> str:
        """What citizens' phones are told, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class RatingTable(Table):
    """`[rating]`: how long a citizen may rate, and what a rating without a keypad must carry."""

    invite_s: Whole = Field(60, ge=5, le=3600, description="秒数，整数 5–3600 (seconds)")
    slip_code_digits: SlipCodeDigits = Field(0, description="0（不用）、3 或 4 (0 for none, 3 or 4)")


class CallbacksTable(Table):
    """`[callbacks]`: random call-backs of a quarter."""

    sample: Whole = Field(100, ge=1, le=2000, description="件数，整数 1–2000 (ratings)")


class ServiceTable(Table):
    """`[[services]]`: what a citizen comes for."""

    code: Id = Field(description=_ID)
    name: Name = Field(description=_NAME)
    prefix: str = Field(pattern=r"^[A-Z]{1,3}$", description="1–3 个大写字母，如 A (capital letters)")
    first: Whole = Field(1, ge=1, le=9999, description="整数 1–9999 (integer)")
    last: Whole = Field(9999, ge=1, le=9999, description="整数 1–9999 (integer)")
    quota: Whole | None = Field(None, ge=1, description="每日号数上限，正整数 (tickets a day)")
    typical_s: Whole = Field(300, ge=1, le=86400, description="秒数，整数 1–86400 (seconds)")
    promised_days: Days | None = Field(None, description="工作日数，整数 0–3650 (working days)")
    statutory_days: Days | None = Field(None, description="工作日数，整数 0–3650 (working days)")
    fee: str = Field("", description="文字，如“不收费” (text)")
    basis: Lines = Field((), description="文字或文字列表 (text or a list of texts)")
    materials: Lines = Field((), description="文字或文字列表 (text or a list of texts)")
    procedure: Lines = Field((), description="文字或文字列表 (text or a list of texts)")


class WindowTable(Table):
    """`[[windows]]`: one window."""

    number: WindowNumber = Field(description=_WINDOW)
    name: Name = Field(description=_NAME)
    department: Name = Field(description=_NAME)
    services: tuple[Id, ...] = Field(min_length=1, description="业务代码列表，至少一个 (list of service codes)")
    clerk: Id | None = Field(None, description="工作人员的 id (a clerk's id)")
    transfer_to: WindowNumber | None = Field(None, description=_WINDOW)


class ClerkTable(Table):
    """`[[clerks]]`: one person at the windows."""

    id: Id = Field(description=_ID)
    name: Name = Field(description=_NAME)
    department: str = Field("", description="文字 (text)")
    pin: str | None = Field(
        None, pattern=r"^[0-9]{4,12}$", description="4–12 位数字的文字 (text of digits)", repr=False
    )


class KioskTable(Table):
    """`[[kiosks]]`: one ticket kiosk."""

    id: Id = Field(description=_ID)


class DeviceTable(Table):
    """`[[devices]]`: one device, or all devices of one model on one line."""

    id: Id = Field(description=_ID)
    driver: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", description="驱动名，如 keypad.ff68 (family.model)")
    port: str = Field(
        pattern=r"^[a-z][a-z0-9+]*://[^\s?]+(\?\S*)?$",
        description="端口网址，如 serial:///dev/ttyS1?baud=9600 (port URL)",
    )
    windows: Annotated[dict[Address, WindowNumber], BeforeValidator(_numbered)] = Field(
        {}, description="地址 = 窗口号 的表，如 { 3 = 3 } (address = window number)"
    )
    keys: Annotated[dict[KeyValue, Level], BeforeValidator(_numbered)] | None = Field(
        None, min_length=1, description="键值 = 等级 1–5 的表，如 { 0 = 2 } (key value = level)"
    )
    size: tuple[Pixels, Pixels] | None = Field(None, description="宽和高的像素数，如 [64, 16] (width, height)")
    kiosk: Id | None = Field(None, description="取号机的 id (a kiosk's id)")
    options: dict[Id, Option] = Field({}, description="驱动自有选项的表 (table of the driver's own options)")

    @property
    def family(self) -> str:
        """What kind of device it is: the first half of the driver's name."""
        return self.driver.partition(".")[0]


class HallConfig(Table):
    """A whole hall.toml."""

    hall: HallTable = Field(description="表 [hall] (table)")
    calendar: CalendarTable = Field(CalendarTable(), description="表 [calendar] (table)")
    web: WebTable = Field(WebTable(), description="表 [web] (table)")
    rating: RatingTable = Field(RatingTable(), description="表 [rating] (table)")
    callbacks: CallbacksTable = Field(CallbacksTable(), description="表 [callbacks] (table)")
    services: tuple[ServiceTable, ...] = Field((), description="若干 [[services]] (array of tables)")
    windows: tuple[WindowTable, ...] = Field((), description="若干 [[windows]] (array of tables)")
    clerks: tuple[ClerkTable, ...] = Field((), description="若干 [[clerks]] (array of tables)")
    kiosks: tuple[KioskTable, ...] = Field((), description="若干 [[kiosks]] (array of tables)")
    devices: tuple[DeviceTable, ...] = Field((), description="若干 [[devices]] (array of tables)")
    _folder: Path = PrivateAttr(Path())

    def placed(self, folder: Path) -> HallConfig:
        """The same configuration, whose hall.toml stands in this folder."""
        self._folder = folder
        return self

    def rule_sets(self) -> list[RuleSet]:
        """The editions of the hall's rule set; ConfigError where a file of them is broken. Reads files."""
        return editions(self._folder)[self.hall.rules]

    def setup(self) -> model.Setup:
        """Return what the rules need to know of it."""
        return model.Setup(
            name=self.hall.name,
            services={s.code: _service(s) for s in self.services},
            windows={w.number: model.WindowSetup(**dict(w)) for w in self.windows},
            clerks={c.id: model.Clerk(**dict(c)) for c in self.clerks},
            kiosks=tuple(kiosk.id for kiosk in self.kiosks),
            max_overtakes=self.hall.max_overtakes,
            return_after=self.hall.return_after,
            invite_s=self.rating.invite_s,
            slip_code_digits=self.rating.slip_code_digits,
            callback_sample=self.callbacks.sample,
            calendar=self.calendar.work_calendar(),
        )


def _service(table: ServiceTable) -> model.Service:
    return model.Service(
        code=table.code,
        name=table.name,
        prefix=table.prefix,
        first=table.first,
        last=table.last,
        quota=table.quota,
        typical_s=table.typical_s,
        promised_days=table.promised_days,
        statutory_days=table.statutory_days,
        materials=table.materials,
    )
