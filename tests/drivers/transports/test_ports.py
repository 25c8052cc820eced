"""What a port's URL says."""

from __future__ import annotations

import pytest

from drivers.errors import BadOption
from drivers.transports import LineSettings, parse_port


def test_serial_without_options_is_9600_8n1_and_exclusive() -> None:
    port = parse_port("serial:///dev/ttyS1")
    assert port.place == "/dev/ttyS1"
    assert port.line == LineSettings(9600, 8, "N", 1, rtscts=False, xonxoff=False, exclusive=True)


def test_every_serial_option_is_read() -> None:
    port = parse_port("serial:///dev/ttyUSB0?baud=57600&bytesize=7&parity=e&stopbits=2&xonxoff=true&exclusive=false")
    assert port.line == LineSettings(57600, 7, "E", 2, rtscts=False, xonxoff=True, exclusive=False)
    assert parse_port("serial:///dev/ttyS0?rtscts=1&stopbits=1.5").line.stopbits == 1.5


def test_path_may_hold_colons_and_escapes() -> None:
    path = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0"
    assert parse_port(f"serial://{path}?baud=115200").place == path
    assert parse_port("serial:///tmp/a%20port").place == "/tmp/a port"


def test_network_ports_have_a_place() -> None:
    port = parse_port("tcp://192.168.1.50:5005")
    assert (port.place, port.host, port.number) == ("192.168.1.50:5005", "192.168.1.50", 5005)
    assert parse_port("rfc2217://[::1]:2217?baud=19200").host == "::1"


def test_network_link_has_no_speed_unless_it_is_told() -> None:
    assert parse_port("tcp://host:1").line.char_s == 0
    assert parse_port("tcp://host:1?baud=9600").line.char_s == pytest.approx(10 / 9600)


@pytest.mark.parametrize(
    ("options", "bits"), [("", 10), ("&parity=E", 11), ("&bytesize=7", 9), ("&stopbits=2", 11), ("&stopbits=1.5", 10.5)]
)
def test_a_character_takes_all_its_bits(options: str, bits: float) -> None:
    assert parse_port(f"serial:///dev/ttyS1?baud=9600{options}").line.char_s == pytest.approx(bits / 9600)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("serial:///dev/ttyS1?buad=9600", "no option 'buad'; did you mean 'baud'?"),
        ("serial:///dev/ttyS1?qqq=1", "no option 'qqq'; expected one of baud, bytesize, parity"),
        ("serial:///dev/ttyS1?baud=fast", "'baud': expected a number from 50 to 4000000, got 'fast'"),
        ("serial:///dev/ttyS1?baud=7", "'baud': expected a number from 50 to 4000000, got '7'"),
        ("serial:///dev/ttyS1?bytesize=9", "'bytesize': expected 5, 6, 7 or 8, got '9'"),
        ("serial:///dev/ttyS1?parity=X", "'parity': expected N, E, O, M or S, got 'X'"),
        ("serial:///dev/ttyS1?stopbits=3", "'stopbits': expected 1, 1.5 or 2, got '3'"),
        ("serial:///dev/ttyS1?rtscts=yes", "'rtscts': expected true or false, got 'yes'"),
        ("serial:///dev/ttyS1?exclusive=", "'exclusive': expected true or false, got ''"),
        ("serial:///dev/ttyS1?baud=9600&baud=9600", "option 'baud' stands twice"),
        ("serial:///dev/ttyS1?rtscts=true&xonxoff=true", "exclude each other"),
        ("serial://dev/ttyS1", "did you mean 'serial:///dev/ttyS1'?"),
        ("serial://", "expected serial:// and the device's whole path"),
        ("/dev/ttyS1", "no scheme ''"),
        ("seral:///dev/ttyS1", "no scheme 'seral'; did you mean 'serial'?"),
        ("tcp://host", "expected tcp://host:port"),
        ("tcp://:5005", "expected tcp://host:port"),
        ("tcp://host:port", "host:port"),
        ("tcp://host:5005/x", "expected tcp://host:port"),
        ("tcp://host:99999", "Port out of range"),
        ("tcp://user@host:1", "expected tcp://host:port"),
        ("tcp://host:1?exclusive=true", "no option 'exclusive'"),
        ("rfc2217://host:1?exclusive=true", "no option 'exclusive'"),
        ("mem://", "expected mem://name"),
        ("mem://a/b", "expected mem://name"),
        ("mem://a#b", "a port has no '#b'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(url: str, message: str) -> None:
    with pytest.raises(BadOption) as refused:
        parse_port(url)
    assert message in str(refused.value)
    assert str(refused.value).startswith(url)
