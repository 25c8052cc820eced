"""What a port's URL says: which port, and how its line is set.

serial:///dev/ttyS1?baud=9600&bytesize=8&parity=N&stopbits=1&rtscts=false&xonxoff=false&exclusive=true
rfc2217://host:port?baud=9600&…   the same without `exclusive`
tcp://host:port?baud=9600         baud and the frame settings only tell how fast the line behind the plug is
mem://name?baud=9600
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from drivers.errors import BadOption

Scheme = Literal["serial", "tcp", "rfc2217", "mem"]
Parity = Literal["N", "E", "O", "M", "S"]

DEFAULT_BAUD = 9600
_BAUD_RANGE = range(50, 4_000_001)  # what termios and pyserial's special rates reach


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How the line is set; equal settings may share a port."""

    baud: int | None = None
    """Bits a second; None where the road has no such speed."""
    bytesize: int = 8
    parity: Parity = "N"
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False
    exclusive: bool = True
    """Whether a second program that opens the port is refused."""

    @property
    def char_s(self) -> float:
        """Seconds one character takes on the wire, start and stop bits included; 0 where baud is not known."""
        if self.baud is None:
            return 0.0
        return (1 + self.bytesize + (self.parity != "N") + self.stopbits) / self.baud


@dataclass(frozen=True, slots=True)
class Port:
    """A port's URL, understood."""

    url: str
    scheme: Scheme
    place: str
    """Device path, `host:port` or name: what is the same for two URLs of one port."""
    line: LineSettings
    host: str = ""
    number: int = 0


_FRAME = ("baud", "bytesize", "parity", "stopbits")
_OPTIONS: Mapping[Scheme, tuple[str, ...]] = {
    "serial": tuple(field.name for field in fields(LineSettings)),
    "rfc2217": (*_FRAME, "rtscts", "xonxoff"),
    "tcp": _FRAME,
    "mem": _FRAME,
}


def parse_port(url: str) -> Port:
    """Understand a port's URL; BadOption says what is wrong with it and names the nearest valid option."""
    try:
        parts = urlsplit(url)
        host, number = parts.hostname or "", parts.port or 0
    except ValueError as error:
        raise BadOption(f"{url}: {error}") from None
    scheme = _scheme(url, parts.scheme)
    if parts.fragment:
        raise BadOption(f"{url}: a port has no '#{parts.fragment}'")
    line = _line(url, scheme, parts.query)
    match scheme:
        case "serial":
            return Port(url, scheme, _device_path(url, parts), line)
        case "mem":
            return Port(url, scheme, _name(url, parts), line)
        case _:
            _check_network(url, parts, host, number)
            return Port(url, scheme, f"{host}:{number}", line, host, number)


def _scheme(url: str, scheme: str) -> Scheme:
    if scheme in _OPTIONS:
        return cast("Scheme", scheme)
    raise BadOption(f"{url}: {_nearest(scheme, tuple(_OPTIONS), 'scheme')}")


def _device_path(url: str, parts: SplitResult) -> str:
    if parts.netloc or not parts.path.startswith("/"):
        meant = f"serial:///{(parts.netloc + parts.path).lstrip('/')}"
        raise BadOption(f"{url}: expected serial:// and the device's whole path; did you mean {meant!r}?")
    return unquote(parts.path)


def _name(url: str, parts: SplitResult) -> str:
    if not parts.netloc or parts.path.strip("/"):
        raise BadOption(f"{url}: expected mem://name")
    return parts.netloc


def _check_network(url: str, parts: SplitResult, host: str, number: int) -> None:
    if not host or not number or parts.path.strip("/") or parts.username is not None:
        raise BadOption(f"{url}: expected {parts.scheme}://host:port")


def _line(url: str, scheme: Scheme, query: str) -> LineSettings:
    values: dict[str, Any] = {}
    if scheme in {"serial", "rfc2217"}:
        values["baud"] = DEFAULT_BAUD
    seen = set()
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS[scheme]:
            raise BadOption(f"{url}: {_nearest(name, _OPTIONS[scheme], 'option')}")
        if name in seen:
            raise BadOption(f"{url}: option {name!r} stands twice")
        seen.add(name)
        values[name] = _value(url, name, text)
    line = LineSettings(**values)
    if line.rtscts and line.xonxoff:
        raise BadOption(f"{url}: rtscts and xonxoff exclude each other; keep the one the device uses")
    return line


def _nearest(got: str, known: tuple[str, ...], what: str) -> str:
    near = get_close_matches(got, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
    return f"no {what} {got!r}; {hint}"


def _value(url: str, name: str, text: str) -> object:
    expected, read = _READERS[name]
    try:
        return read(text)
    except (ValueError, KeyError):
        raise BadOption(f"{url}: option {name!r}: expected {expected}, got {text!r}") from None


def _baud(text: str) -> int:
    return _BAUD_RANGE[_BAUD_RANGE.index(int(text))]


_BOOL = ("true or false", {"true": True, "1": True, "false": False, "0": False}.__getitem__)
_READERS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "baud": (f"a number from {_BAUD_RANGE[0]} to {_BAUD_RANGE[-1]}", _baud),
    "bytesize": ("5, 6, 7 or 8", {"5": 5, "6": 6, "7": 7, "8": 8}.__getitem__),
    "parity": ("N, E, O, M or S", lambda text: dict(zip("NEOMS", "NEOMS", strict=True))[text.upper()]),
    "stopbits": ("1, 1.5 or 2", {"1": 1, "1.5": 1.5, "2": 2}.__getitem__),
    "rtscts": _BOOL,
    "xonxoff": _BOOL,
    "exclusive": _BOOL,
}
