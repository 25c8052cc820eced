"""A slip as a bitmap, for eyes: needs Pillow, which only the development environment has.

draw(slip, PAPER_80.dots, font).save("slip.png")
"""

from __future__ import annotations

import io

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.printer.emulator.commands import LINE_DOTS
from drivers.printer.emulator.line import CELL_DOTS
from drivers.printer.emulator.slip import Align, Cut, Feed, Item, QrCode, Raster, Run, Slip, TextLine

_WHITE, _BLACK = 1, 0
_CUT_DOTS = 8


def draw(slip: Slip, dots: int, face: ImageFont.FreeTypeFont) -> Image.Image:
    """One pixel a dot. `face` has the slip's characters, some 20 pixels high."""
    blocks = [(_align(item), _block(item, dots, face)) for item in slip.items]
    paper = Image.new("1", (dots, max(1, sum(block.height for _, block in blocks))), _WHITE)
    top = 0
    for align, block in blocks:
        room = dots - block.width
        paper.paste(block, ({"left": 0, "centre": room // 2, "right": room}[align], top))
        top += block.height
    return paper


def _align(item: Item) -> Align:
    return item.align if isinstance(item, TextLine | QrCode | Raster) else "left"


def _block(item: Item, dots: int, face: ImageFont.FreeTypeFont) -> Image.Image:
    match item:
        case TextLine():
            return _line(item, face)
        case QrCode():
            return qr_bitmap(item)
        case Raster():
            bits = Image.frombytes("1", (item.row_bytes * 8, item.rows), bytes(byte ^ 0xFF for byte in item.data))
            return bits.resize((bits.width * item.scale[0], bits.height * item.scale[1]))
        case Feed():
            return Image.new("1", (dots, item.dots), _WHITE)
        case Cut():
            return _dashes(dots, gap=8 if item.partial else 0)


def _line(line: TextLine, face: ImageFont.FreeTypeFont) -> Image.Image:
    runs = [_run(run, face) for run in line.runs]
    height = line.height * LINE_DOTS
    block = Image.new("1", (max(1, sum(run.width for run in runs)), height), _WHITE)
    left = 0
    for run in runs:
        block.paste(run, (left, height - run.height))  # characters of all sizes stand on one base line
        left += run.width
    return block


def _run(run: Run, face: ImageFont.FreeTypeFont) -> Image.Image:
    """Drawn at normal size and stretched, as the printer does."""
    widths = [CELL_DOTS if char.isascii() else 2 * CELL_DOTS for char in run.text]
    block = Image.new("1", (sum(widths), LINE_DOTS), _WHITE)
    pen = ImageDraw.Draw(block)
    left = 0
    for char, width in zip(run.text, widths, strict=True):
        for shift in range(2 if run.bold else 1):
            pen.text((left + width / 2 + shift, LINE_DOTS / 2), char, fill=_BLACK, font=face, anchor="mm")
        left += width
    if run.underline:
        pen.line((0, LINE_DOTS - 1, block.width, LINE_DOTS - 1), fill=_BLACK)
    if run.inverse:
        block = block.point(lambda dot: not dot)
    return block.resize((block.width * run.width, block.height * run.height))


def qr_bitmap(code: QrCode) -> Image.Image:
    """The code's modules, without a quiet zone."""
    modules = segno.make(code.data, error=code.level.lower(), micro=False, boost_error=False)
    picture = io.BytesIO()
    modules.save(picture, kind="png", scale=code.module, border=0)
    return Image.open(picture).convert("1")


def _dashes(dots: int, *, gap: int) -> Image.Image:
    block = Image.new("1", (dots, _CUT_DOTS), _WHITE)
    pen = ImageDraw.Draw(block)
    for left in range(0, dots, 16):
        pen.line((left, _CUT_DOTS // 2, left + 15 - gap, _CUT_DOTS // 2), fill=_BLACK)
    return block
