"""A quarter's papers, from the log alone: the same log gives the same report.

gather    the log → what `hub.domain.assessment` judges by
tables    an assessment as CSV tables (interfaces.md)
paper     what all papers say alike: facts, articles, the notice as blocks
papers    the formats, each imported only where it is asked for
xlsx      the workbook
docx      the notice for an office
typeset   the notice as PDF and its chart, by the template paper.typ
"""

from hub.report.gather import gather
from hub.report.paper import Paper
from hub.report.papers import FORMATS, makers, write
from hub.report.tables import TABLES

__all__ = ["FORMATS", "TABLES", "Paper", "gather", "makers", "write"]
