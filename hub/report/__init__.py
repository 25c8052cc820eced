"""A quarter's papers, from the log alone: the same log gives the same report.

gather   the log → what `hub.domain.assessment` judges by
tables   an assessment as CSV tables (interfaces.md)
paper    what all papers say alike: facts, articles, the notice as blocks
xlsx     the workbook
"""

from hub.report.gather import gather
from hub.report.tables import TABLES, write_csv

__all__ = ["TABLES", "gather", "write_csv"]
