"""A quarter's papers, from the log alone: the same log gives the same report.

casepaper what a citizen is given for a case
editions  what was closed, and what a later edition changed
gather    the log → what `hub.domain.assessment` judges by
yearly    a year as CSV tables
tables    an assessment as CSV tables (interfaces.md)
paper     what all papers say alike: facts, articles, the notice as blocks
papers    the formats, each imported only where it is asked for
xlsx      the workbook
docx      the notice for an office
typeset   the notice as PDF and its chart, by the template paper.typ
"""

from hub.report.casepaper import letter
from hub.report.editions import Change, Made, changes, edition, editions, latest, made, rules_of
from hub.report.gather import Basis, gather
from hub.report.paper import Paper
from hub.report.papers import FORMATS, letter_docx, makers, write
from hub.report.tables import TABLES
from hub.report.yearly import year_files

__all__ = [
    "FORMATS", "TABLES", "Basis", "Change", "Made", "Paper", "changes", "edition", "editions", "gather",
    "latest", "letter", "letter_docx", "made", "makers", "rules_of", "write", "year_files",
]  # fmt: skip
