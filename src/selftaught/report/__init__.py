"""Results as one HTML page with pictures, which opens anywhere and loads nothing."""

from selftaught.report.comparison import write_comparison
from selftaught.report.contents import EmbeddingMap, Neighbours, Picture, ReportContents, ViewExample
from selftaught.report.neighbours import all_neighbours, choose_queries, nearest_neighbours
from selftaught.report.page import write_report, write_views_page
from selftaught.report.pictures import to_pictures
from selftaught.report.projection import project, project_many

__all__ = [
    "EmbeddingMap",
    "Neighbours",
    "Picture",
    "ReportContents",
    "ViewExample",
    "all_neighbours",
    "choose_queries",
    "nearest_neighbours",
    "project",
    "project_many",
    "to_pictures",
    "write_comparison",
    "write_report",
    "write_views_page",
]
