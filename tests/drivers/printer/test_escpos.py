from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import qrcode
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st

from drivers.printer import Element, Feed, Job, Qr, Rule, Text
from drivers.printer.protocols import escpos
from drivers.printer.protocols.escpos import Slip, encode
from drivers.printer.protocols.hexfont import HexFont
from drivers.printer.protocols.profile import PROFILES, Charset, Cutter, Profile
from tests.drivers.printer.paper import Code, Cut, Echo, Fed, Image, Paper, Printed, Style

VECTORS: dict[str, Any] = tomllib.loads(Path("tests/vectors/escpos.toml").read_text(encoding="utf-8"))
COMMANDS = {name: bytes.fromhex(code) for name, code in VECTORS["commands"].items() if name not in {"source", "origin"}}
WIDE = PROFILES["80mm"]
NARROW = PROFILES["58mm"]


def sent(*elements: Element, profile: Profile = WIDE, **more: Any) -> bytes:
    return b"".join(slip(*elements, profile=profile, **more).commands)


def slip(*elements: Element, profile: Profile = WIDE, **more: Any) -> Slip:
    return encode(Job("j", elements), profile, **more)


def printed(*elements: Element, profile: Profile = WIDE, **more: Any) -> Paper:
    return Paper(profile.charset).read(sent(*elements, profile=profile, **more))


def test_chinese_text_is_the_published_bytes_after_chinese_mode_is_on() -> None:
    data = sent(Text(VECTORS["text"]["text"]))
    assert data.startswith(COMMANDS["initialise"] + COMMANDS["chinese_mode"])
    assert bytes.fromhex(VECTORS["text"]["bytes"]) in data


def test_big_bold_centred_text_says_so_in_all_three_ways_and_the_next_line_is_plain_again() -> None:
    data = sent(Text("A012", size=4, bold=True, align="centre"), Text("后"))
    head, _, tail = data.partition(b"A012\n")
    for name in ("centre", "bold", "chinese_double", "size_4"):
        assert COMMANDS[name] in head
    assert head.index(COMMANDS["chinese_double"]) < head.index(COMMANDS["size_4"])
    assert Paper().read(COMMANDS["initialise"] + head[2:] + b"\n" + tail).items[1] == Printed("后", Style())


def test_styles_that_stay_are_not_sent_again() -> None:
    data = sent(*[Text("号", size=2, bold=True, align="centre")] * 9)
    assert data.count(COMMANDS["bold"]) == data.count(COMMANDS["centre"]) == 1


@pytest.mark.parametrize("size", range(1, 9))
def test_sizes_agree_with_python_escpos(size: int) -> None:
    oracle = Dummy()
    oracle.set(custom_size=True, width=size, height=size)
    expected = oracle.output if size > 1 else b""
    head = sent(Text("A", size=size)).partition(b"A\n")[0]
    assert head.endswith(expected)


@pytest.mark.parametrize("size", [-3, 0, 9, 100])
def test_sizes_beyond_the_printers_are_brought_into_range(size: int) -> None:
    assert printed(Text("A", size=size)).texts == ["A"]


def test_qr_code_is_the_published_bytes() -> None:
    vector = VECTORS["qr"]
    assert bytes.fromhex(vector["bytes"]) in sent(Qr(vector["data"], vector["module_dots"]))


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=300), st.integers(1, 16))
def test_qr_code_agrees_with_python_escpos(data: str, module_dots: int) -> None:
    oracle = Dummy()
    oracle.qr(data, native=True, size=module_dots, ec=1)
    wide = Profile(dots=100_000, columns=48)
    assert oracle.output in sent(Qr(data, module_dots), profile=wide)


@pytest.mark.parametrize("profile", [WIDE, NARROW])
def test_qr_code_too_wide_for_the_paper_gets_smaller_modules(profile: Profile) -> None:
    [code] = [item for item in printed(Qr("x" * 400, 16), profile=profile).items if isinstance(item, Code)]
    modules = 73  # version 14 holds 362 bytes at M, version 15 (77 modules) 412
    assert modules * code.module_dots < (modules + 4 + 8) * code.module_dots <= profile.dots
    assert code.align == "centre"


def test_qr_code_as_an_image_has_the_modules_that_another_library_makes() -> None:
    raster = Profile(dots=384, columns=32, native_qr=False)
    data = "http://hall.example/r/Zk3v9QwLr2XyZk3v9Qw2"  # 42 bytes fill version 3: what pads is each library's own
    dots = printed(Qr(data, 5), profile=raster).dots
    drawn = [row[: 5 * 29 : 5] for row in dots[::5]]
    assert drawn in [_modules(data, mask) for mask in range(8)]  # which mask is best is each library's judgement
    assert all(dots[y] == dots[y - y % 5] for y in range(len(dots)))


def _modules(data: str, mask: int) -> list[str]:
    oracle = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=mask)
    oracle.add_data(data, optimize=0)
    oracle.make()
    return ["".join(str(int(module)) for module in row) for row in oracle.modules]


def test_qr_code_without_data_prints_nothing() -> None:
    assert [type(item) for item in printed(Qr("\x1b\x00")).items] == [Fed, Cut]


@pytest.mark.parametrize(
    ("cutter", "command"),
    [
        ("full", "cut_full"),
        ("partial", "cut_partial"),
        ("feed", "cut_feed"),
        ("old_full", "cut_old_full"),
        ("old_partial", "cut_old_partial"),
    ],
)
def test_slip_ends_with_the_feed_and_the_cut_of_the_profile(cutter: Cutter, command: str) -> None:
    data = sent(Text("A"), profile=Profile(dots=384, columns=32, cutter=cutter))
    assert data.endswith(b"A\n" + COMMANDS["feed_3"] + COMMANDS[command])


def test_tear_bar_gets_no_cut() -> None:
    assert sent(Text("A"), profile=Profile(dots=384, columns=32, cutter="none")).endswith(COMMANDS["feed_3"])


def test_epson_profile_turns_automatic_status_on_after_every_initialisation_and_asks_for_an_echo_last() -> None:
    data = sent(Text("A"), profile=PROFILES["epson"], process_id=b"0001")
    assert data.startswith(COMMANDS["initialise"] + COMMANDS["chinese_mode"] + COMMANDS["asb_on"])
    assert data.endswith(COMMANDS["cut_feed"] + COMMANDS["process_id_0001"])
    assert Paper().read(data).items[-2:] == [Cut("feed 0"), Echo(b"0001")]


def test_status_questions_and_recovery_are_the_published_bytes() -> None:
    assert escpos.ask_status(1) == COMMANDS["status_1"]
    assert escpos.ask_status(4) == COMMANDS["status_4"]
    assert COMMANDS["recover"] == escpos.RECOVER


def test_line_too_wide_is_broken_at_the_papers_edge_and_not_inside_a_character() -> None:
    assert printed(Text("A" + "号" * 20), profile=NARROW).texts == ["A" + "号" * 15, "号" * 5]
    assert printed(Text("号" * 9, size=2), profile=NARROW).texts == ["号" * 8, "号"]


def test_rule_fills_the_paper() -> None:
    assert printed(Rule(), profile=NARROW).texts == ["-" * 32]
    assert printed(Rule(), profile=WIDE).texts == ["-" * 48]


def test_feeds_are_fed_and_none_is_none() -> None:
    assert printed(Feed(2), Feed(0), Feed(999)).items[:2] == [Fed(2), Fed(255)]


def test_height_counts_every_line() -> None:
    assert slip(Text("A"), Text("A", size=6), Feed(2), profile=PROFILES["epson"]).height_dots == 32 + 144 + 64


UNIFONT_LINE = VECTORS["glyph"]["line"]
BLOCK = "F" * 64
FONT = HexFont(
    "\n".join([f"{0x41:04X}:{'8' + '0' * 31}", UNIFONT_LINE, f"9555:{BLOCK}", f"2B5AF:{BLOCK}", ""]).encode()
)


def test_without_a_font_a_character_that_the_printer_lacks_is_a_box_and_named() -> None:
    result = slip(Text("朱镕𫖯A"), profile=Profile(dots=384, columns=32, charset="gb2312"))
    assert Paper("gb2312").read(b"".join(result.commands)).texts == ["朱□□A"]
    assert result.missing == "镕𫖯"


def test_with_a_font_the_whole_line_is_drawn() -> None:
    result = slip(
        Text("号镕", size=2, align="right"), Text("号"), profile=Profile(384, 32, charset="gb2312"), font=FONT
    )
    paper = Paper("gb2312").read(b"".join(result.commands))
    images = [item for item in paper.items if isinstance(item, Image)]
    assert {image.align for image in images} == {"right"}
    assert [len(row) for row in paper.dots] == [96] * 48
    assert all(row.endswith("1" * 48) for row in paper.dots)
    assert paper.texts == ["号"]
    assert result.missing == ""


def test_drawn_line_draws_the_published_glyph_three_times_as_large_at_size_2() -> None:
    paper = printed(Text("号镕", size=2), profile=Profile(384, 32, charset="gb2312"), font=FONT)
    code = VECTORS["glyph"]["line"].partition(":")[2]
    expected = [f"{int(code[at : at + 4], 16):016b}" for at in range(0, 64, 4)]
    assert [row[:48:3] for row in paper.dots[::3]] == expected


def test_line_is_not_drawn_when_the_font_lacks_what_the_printer_has() -> None:
    result = slip(Text("朱镕"), profile=Profile(384, 32, charset="gb2312"), font=FONT)
    assert Paper("gb2312").read(b"".join(result.commands)).texts == ["朱□"]
    assert result.missing == "镕"


def test_drawn_line_has_a_box_for_what_the_font_lacks_too() -> None:
    result = slip(Text("镕㛃"), profile=Profile(384, 32, charset="gb2312"), font=FONT)
    dots = Paper("gb2312").read(b"".join(result.commands)).dots
    assert result.missing == "㛃"
    assert any("1" in row[24:] for row in dots)
    assert not any(row.endswith("1" * 24) for row in dots)


def test_slip_is_split_only_between_commands() -> None:
    lines = [Text("镕号" * 6, size=3), Qr("http://hall.example/r/1"), Text("请到窗口")]
    for command in slip(*lines, profile=Profile(384, 32, "gb2312", native_qr=False), font=FONT).commands:
        Paper().read(command)


ELEMENTS = st.lists(
    st.one_of(
        st.builds(
            Text, st.text(max_size=60), st.integers(0, 9), st.booleans(), st.sampled_from(["left", "centre", "right"])
        ),
        st.builds(Qr, st.text(max_size=40), st.integers(0, 20)),
        st.builds(Feed, st.integers(-1, 300)),
        st.just(Rule()),
    ),
    max_size=6,
)
PROFILE = st.builds(
    Profile,
    dots=st.just(384),
    columns=st.just(32),
    charset=st.sampled_from(get_args(Charset)),
    native_qr=st.booleans(),
    process_id=st.booleans(),
    asb=st.booleans(),
    cutter=st.sampled_from(get_args(Cutter)),
    feed_lines=st.integers(0, 30),
)


@given(ELEMENTS, PROFILE, st.sampled_from([None, FONT]))
def test_no_text_whatever_becomes_a_command(elements: list[Element], profile: Profile, font: HexFont | None) -> None:
    data = sent(*elements, profile=profile, font=font)
    paper = Paper(profile.charset).read(data)  # refuses any control byte that is no known command
    assert sum(isinstance(item, Cut) for item in paper.items) == (profile.cutter != "none")
    assert not any(isinstance(item, Echo) for item in paper.items)
    assert paper.modes.count("ESC @") == 1
    for real_time in (b"\x10\x04", b"\x10\x05", b"\x10\x14"):
        assert real_time not in data


@pytest.mark.parametrize(
    "text", ["\x1b@", "\x1dV\x00", "\x10\x04\x01", "\x10\x14\x01\x00\x05", "\x1bp\x00\x19\x19", "\x9b31m"]
)
def test_commands_in_a_name_come_out_as_their_visible_letters_only(text: str) -> None:
    [line] = printed(Text(f"张{text}三")).texts
    assert line == "张" + "".join(char for char in text if " " <= char <= "~") + "三"


def test_restart_ends_a_half_image_and_cuts_it_off() -> None:
    image = b"\x1dv0\0\x30\0\x18\0" + b"\xff" * (0x30 * 0x18)
    half = image[:100]
    after = escpos.restart(len(image), WIDE)
    rest = len(image) - len(half)
    assert after[: len(image)] == bytes(len(image))
    paper = Paper().read(half + after[:rest] + after[len(image) :])
    assert [type(item) for item in paper.items] == [Image, Fed, Cut]
