"""The notice as a document that an office goes on editing, in the style of 公文 (GB/T 9704-2012).

The fonts of 公文 may not be shipped: they are named, each with a free or common one in its place.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from hub.report.casepaper import Letter
from hub.report.paper import Chart, Column, Heading, Paper, Table, Text, chinese
from hub.report.typeset import picture

TITLE_FONT, BODY_FONT, HEADING_FONT, TABLE_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
_INSTEAD: Final[Mapping[str, str]] = {
    TITLE_FONT: "SimSun",
    BODY_FONT: "FangSong",
    HEADING_FONT: "SimHei",
    TABLE_FONT: "SimSun",
}
_TEXT_WIDTH: Final = Mm(156)
_LINE: Final = Pt(28)
_RED: Final = RGBColor(0xC0, 0, 0)
_ALIGN: Final = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""That a zip can tell."""


def document(paper: Paper) -> bytes:
    """The file; the same paper gives the same bytes on machines with the same fonts."""
    made = docx.Document()
    _page(made)
    _styles(made)
    _page_number(made, paper.alarm)
    for line in paper.title_lines:
        made.add_paragraph(line, "公文标题")
    made.add_paragraph("", "公文正文")
    for block in paper.notice():
        match block:
            case Heading(text=text):
                made.add_paragraph(text, "公文小标题")
            case Text(text=text, is_alarm=is_alarm):
                run = made.add_paragraph("", "公文正文").add_run(text)
                if is_alarm:
                    run.font.color.rgb = _RED
            case Chart(points=points, title=title):
                if points:
                    _picture(made, picture(paper), title)
            case Table():
                _table(made, block)
    made.add_paragraph("", "公文正文")
    for text in (paper.hall, chinese(paper.quarter.as_of)):
        made.add_paragraph(text, "公文正文").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _properties(made, paper)
    out = io.BytesIO()
    made.save(out)
    return _repacked(out)


def letter_document(letter: Letter) -> bytes:
    """A case's paper as a document; the same letter gives the same bytes."""
    made = docx.Document()
    _page(made)
    _styles(made)
    made.add_paragraph(letter.hall, "公文标题")
    made.add_paragraph(letter.title, "公文标题")
    made.add_paragraph(f"编号：{letter.number}", "公文表格").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    made.add_paragraph("", "公文正文")
    for block in letter.blocks:
        match block:
            case Text(text=text):
                made.add_paragraph(text, "公文正文")
            case Table():
                _table(made, block)
    made.add_paragraph("", "公文正文")
    for text in (f"{letter.signed}（章）", chinese(letter.day)):
        made.add_paragraph(text, "公文正文").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    properties = made.core_properties
    properties.title, properties.author, properties.last_modified_by = letter.title, letter.hall, letter.hall
    properties.created = properties.modified = datetime(*letter.day.timetuple()[:3])  # noqa: DTZ001 - told in UTC
    properties.revision = 1
    out = io.BytesIO()
    made.save(out)
    return _repacked(out)


def _page(made: Document) -> None:
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)


def _styles(made: Document) -> None:
    for language in made.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(qn("w:eastAsia"), "zh-CN")
    _style(made, "公文标题", TITLE_FONT, Pt(22), Pt(34)).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    body = _style(made, "公文正文", BODY_FONT, Pt(16), _LINE)
    body.paragraph_format.first_line_indent = Pt(32)
    heading = _style(made, "公文小标题", HEADING_FONT, Pt(16), _LINE)
    heading.paragraph_format.first_line_indent = Pt(32)
    heading.paragraph_format.keep_with_next = True
    _style(made, "公文表格", TABLE_FONT, Pt(10.5), Pt(15))
    _style(made, "公文页码", TABLE_FONT, Pt(14), Pt(20))
    picture_ = _style(made, "公文图", TABLE_FONT, Pt(10.5), None)
    picture_.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _style(made: Document, name: str, font: str, size: Length, line: Length | None) -> ParagraphStyle:
    style = made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    style.font.name, style.font.size = font, size
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    spacing = style.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    if line is not None:
        spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, line
    return style


def _page_number(made: Document, alarm: str) -> None:
    """— 1 —, outside on both sides of a sheet; and above, what must be seen on each page."""
    made.settings.odd_and_even_pages_header_footer = True
    section = made.sections[0]
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        foot = footer.paragraphs[0]
        foot.style, foot.alignment = made.styles["公文页码"], _ALIGN[align]
        foot.add_run("— ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        foot._p.append(field)  # noqa: SLF001 - the library has no fields
        foot.add_run(" —")
    for header in (section.header, section.even_page_header) if alarm else ():
        head = header.paragraphs[0]
        head.style, head.alignment = made.styles["公文表格"], _ALIGN["center"]
        head.add_run(alarm).font.color.rgb = _RED


def _picture(made: Document, png: bytes, title: str) -> None:
    shape = made.add_paragraph("", "公文图").add_run().add_picture(io.BytesIO(png), width=_TEXT_WIDTH)
    shape._inline.docPr.set("descr", title)  # noqa: SLF001 - the library has no alternative texts


def _table(made: Document, block: Table) -> None:
    table = made.add_table(1, len(block.columns), "Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    whole = sum(column.width for column in block.columns)
    widths = [Length(_TEXT_WIDTH * column.width // whole) for column in block.columns]
    for width, wide in zip(widths, table.columns, strict=True):
        wide.width = width
    head = table.rows[0]
    _head(head, block.columns)
    for width, place in zip(widths, head.cells, strict=True):
        place.width = width
    for row in block.rows:
        added = table.add_row()
        _whole(added, "w:cantSplit")
        for cell, column, place in zip(row, block.columns, added.cells, strict=True):
            run = _paragraph(place, column.align).add_run(cell.text)
            if cell.is_low:
                run.font.color.rgb, run.font.bold = _RED, True
    made.add_paragraph("", "公文表格")


def _head(row: _Row, columns: tuple[Column, ...]) -> None:
    _whole(row, "w:cantSplit")
    _whole(row, "w:tblHeader")
    for column, place in zip(columns, row.cells, strict=True):
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), "DCE6F1")
        place._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library has no shading
        _paragraph(place, "center").add_run(column.title).font.bold = True


def _whole(row: _Row, what: str) -> None:
    """A row that stays on one page (cantSplit), or comes again on each (tblHeader)."""
    row._tr.get_or_add_trPr().append(OxmlElement(what))  # noqa: SLF001 - the library has neither


def _paragraph(cell: _Cell, align: str) -> Paragraph:
    first: Paragraph = cell.paragraphs[0]
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    first.style, first.alignment = "公文表格", _ALIGN[align]
    return first


def _properties(made: Document, paper: Paper) -> None:
    as_of = paper.quarter.as_of
    properties = made.core_properties
    properties.title, properties.author, properties.last_modified_by = paper.title, paper.hall, paper.hall
    properties.comments = f"SHA-256 {paper.sha256}"
    properties.created = properties.modified = datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 - told in UTC
    properties.revision = 1


def _repacked(document: io.BytesIO) -> bytes:
    """The same parts at no time of day, and with what stands in for fonts that a machine lacks."""
    out = io.BytesIO()
    with zipfile.ZipFile(document) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/fontTable.xml":
                content = content.replace(b"</w:fonts>", _substitutes() + b"</w:fonts>")
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()


def _substitutes() -> bytes:
    fonts = (f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in _INSTEAD.items())
    return "".join(fonts).encode()
