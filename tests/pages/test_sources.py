"""What the pages are made of: nothing from elsewhere, nothing that a strict policy or an old TV box refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.domain.judgement import OUTCOMES
from hub.selfpress import HABITS
from hub.web.bodies import CallBack, DecideFlag

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "hub/web/static"
FOLDERS = [ROOT / "kiosk/page", ROOT / "displays/wall", ROOT / "hub/web/caller", ROOT / "hub/web/inspector", STATIC]
OURS = sorted(path for folder in FOLDERS for kind in ("*.js", "*.css", "*.html") for path in folder.glob(kind))
ON_WALLS = sorted({*(ROOT / "displays/wall").glob("*.*"), *STATIC.glob("*.js"), *STATIC.glob("*.css")})

# Newer than Chrome 79, which TV boxes still run. chromestatus.com names the version of each.
TOO_NEW = {
    ".js": {
        r"\?\.[\w(\[]": "optional chaining: 80",
        r"\?\?": "nullish coalescing: 80",
        r"replaceAll|replaceChildren|\.at\(|structuredClone|AbortSignal\.timeout|Promise\.any": "85 and later",
        r"(?m)^await ": "top-level await: 89",
        r"(?m)^  #\w+\s*[=(;]": "private fields and methods: 84",
    },
    ".css": {
        r":has\(|:is\(|:where\(|@layer|@container|color-mix|(?<!-)aspect-ratio:|\binset:|\bdvh\b": "86 and later",
        r"(?m)^\s*&": "nesting: 112",
        r"(?<!-)\bgap:": "the gap of a flex box: 84; grid-gap is old enough",
    },
    ".html": {r"\bpopover\b|<search>": "114 and later"},
}
COMMENT = {
    ".js": re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
    ".html": re.compile(r"<!--.*?-->", re.DOTALL),
}


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_page_brings_nothing_from_elsewhere_and_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = set(re.findall(r"https?://[^\s\"')]+", text))
    assert links <= {"http://www.w3.org/2000/svg", "http://hall.lan"}  # a namespace, and a word in a comment
    if path.suffix == ".html":
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


@pytest.mark.parametrize("path", ON_WALLS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_wall_uses_nothing_newer_than_chrome_79(path: Path) -> None:
    text = COMMENT[path.suffix].sub("", path.read_text(encoding="utf-8"))
    for pattern, since in TOO_NEW[path.suffix].items():
        found = re.search(pattern, text)
        assert found is None, f"{found.group()!r} is too new ({since})"


def test_every_file_that_a_page_names_is_there() -> None:
    homes = {"kiosk": ROOT / "kiosk/page", "wall": ROOT / "displays/wall", "caller": ROOT / "hub/web/caller"}
    homes |= {"inspector": ROOT / "hub/web/inspector", "static": STATIC}
    for path in OURS:
        named = re.findall(r"(?:from |href=|src=)\"/(\w+)/([\w./-]+)\"", path.read_text(encoding="utf-8"))
        for home, file in named:
            assert (homes[home] / file).is_file(), f"{path.name} names /{home}/{file}"


def test_inspectors_page_has_the_words_of_the_detector_and_of_the_api() -> None:
    text = (ROOT / "hub/web/inspector/words.js").read_text(encoding="utf-8")
    words = {
        name: dict(re.findall(r"(\w+): \"([^\"]+)\"", body))
        for name, body in re.findall(r"(\w+) = {(.*?)}", text, re.DOTALL)
    }
    assert words["HABITS"] == {habit: said for habit, (said, _) in HABITS.items()}
    assert DecideFlag.model_json_schema()["properties"]["habit"]["anyOf"][0]["enum"] == list(HABITS)
    assert CallBack.model_json_schema()["properties"]["outcome"]["enum"] == list(OUTCOMES)


def test_every_font_piece_is_there_and_licensed() -> None:
    fonts = STATIC / "fonts"
    pieces = set(re.findall(r"url\(\./(files/[^)]+)\)", (fonts / "noto-sans-sc.css").read_text(encoding="utf-8")))
    assert pieces == {f"files/{path.name}" for path in (fonts / "files").iterdir()}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in (STATIC / "vendor/qrcode-LICENSE.txt").read_text(encoding="utf-8")
