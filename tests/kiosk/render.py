"""Slips as pictures, to be looked at: `python -m tests.kiosk.render FOLDER` draws some typical ones at 58 and 80 mm.

The picture is what `tests.drivers.printer.paper` read, in the dots of the paper, with a system font in place of the
printer's.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import qrcode
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from drivers.printer import Job, PrinterStatus, Receipt
from drivers.printer.protocols.escpos import encode
from drivers.printer.protocols.profile import PROFILES, Profile
from kiosk.printing import print_slip
from kiosk.slip import SlipView
from tests.drivers.printer.paper import Code, Cut, Fed, Image, Paper, Printed

PITCH = 34  # one sixth of an inch, the distance of lines after ESC @
MARGIN = {384: 40, 576: 32}  # 58 and 80 mm of paper, eight dots a millimetre
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
BOLD = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
MONO_SC = 7

VIEW = SlipView(
    number="A012",
    service_name="社会保险",
    issued_at=datetime(2026, 10, 12, 9, 41, tzinfo=ZoneInfo("Asia/Shanghai")),
    ahead=5,
    estimate_s=700,
    windows=(3, 4),
    qr_url="http://hall.example/r/Zk3v9QwLr2Xy",
    hall_name="示范县政务服务中心",
)
VIEWS = {
    "plain": VIEW,
    "priority": replace(VIEW, priority_label="老年人", reprint=True, ahead=0, windows=(3, 4, 5, 6, 9)),
    "long": replace(
        VIEW,
        number="A1000",
        hall_name="黔西南布依族苗族自治州政务服务和大数据管理局政务服务大厅",
        service_name="不动产登记（转移、抵押、注销）及交易税费缴纳综合受理",
        ahead=128,
        estimate_s=8_100,
        windows=(1, 2, 3, 4, 5, 8, 12, 13, 21, 22),
        qr_url="https://zwfw.qianxinan.example.gov.cn:8443/r/Zk3v9QwLr2Xy8bTn",
    ),
    "bare": replace(VIEW, windows=(), estimate_s=None, qr_url="", reprint=True),
}


def picture(data: bytes, dots: int, charset: str = "gb18030") -> Pictures.Image:
    """What these bytes print on paper of so many dots."""
    margin = MARGIN[dots]
    sheet = Pictures.new("L", (dots + 2 * margin, 4000), 255)
    y = 24
    for item in Paper(charset).read(data).items:
        match item:
            case Printed(text, style):
                band = _line(text, style.width, style.height, bold=style.bold)
                sheet.paste(band, (margin + _left(style.align, band.width, dots), y))
                y += max(PITCH, 24 * style.height)
            case Image(rows, align):
                band = Pictures.new("L", (len(rows[0]), len(rows)))
                band.putdata([255 * (dot == "0") for row in rows for dot in row])
                sheet.paste(band, (margin + _left(align, band.width, dots), y))
                y += band.height
            case Code(code, module_dots, _, align):
                band = _code(code, module_dots)
                sheet.paste(band, (margin + _left(align, band.width, dots), y))
                y += band.height
            case Fed(lines):
                y += PITCH * lines
            case Cut():
                ImageDraw.Draw(sheet).line((0, y, sheet.width, y), fill=128, width=3)
            case _:
                pass
    return sheet.crop((0, 0, sheet.width, y + 4))


def _left(align: str, width: int, dots: int) -> int:
    return {"left": 0, "centre": (dots - width) // 2, "right": dots - width}[align]


def _line(text: str, width: int, height: int, *, bold: bool) -> Pictures.Image:
    path = BOLD if bold else FONT
    # Debian's fonts-noto-cjk; without it there are boxes for characters, and the layout can still be judged.
    font = ImageFont.truetype(path, 24, index=MONO_SC) if path.is_file() else ImageFont.load_default(24)
    cells = [(char, 12 if char.isascii() else 24) for char in text]
    band = Pictures.new("L", (max(sum(cell for _, cell in cells), 1), 24), 255)
    x = 0
    for char, cell in cells:
        ImageDraw.Draw(band).text((x, -6), char, font=font, fill=0)
        x += cell
    dots = band.point(lambda grey: 255 * (grey > 140))
    return dots.resize((dots.width * width, 24 * height), Pictures.Resampling.NEAREST)


def _code(data: bytes, module_dots: int) -> Pictures.Image:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=module_dots, border=0)
    code.add_data(data, optimize=0)
    code.make(fit=True)
    return code.make_image().get_image().convert("L")


class BytePrinter:
    """Keeps the bytes of the last slip."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.data = b""

    @property
    def columns(self) -> int:
        return self.profile.columns

    async def print(self, job: Job) -> Receipt:
        self.data = b"".join(encode(job, self.profile).commands)
        return Receipt(job.id, "sent")

    async def status(self) -> PrinterStatus:
        return PrinterStatus()


def main(folder: Path) -> None:
    for paper in ("58mm", "80mm"):
        printer = BytePrinter(PROFILES[paper])
        for name, view in VIEWS.items():
            asyncio.run(print_slip(printer, view))
            picture(printer.data, printer.profile.dots).save(folder / f"slip-{paper}-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
