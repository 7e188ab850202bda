"""The contract: what an encoder, a method, its views and its step are."""

from selftaught.core.encoder import Encoder, LocalEncoder, PatchEncoder, SequenceEncoder
from selftaught.core.errors import UserError, nearest, unknown_name
from selftaught.core.items import Graph, ImageBatch, Nodes, Sequences, Texts
from selftaught.core.method import Method, ParameterGroup
from selftaught.core.processes import all_sum, gather, process_count, process_rank
from selftaught.core.progress import Track, silent
from selftaught.core.source import Preparation, Regrouping, Rows, Skipped, Source
from selftaught.core.step import Step
from selftaught.core.views import MultiView, Views

__all__ = [
    "Encoder",
    "Graph",
    "ImageBatch",
    "LocalEncoder",
    "Method",
    "MultiView",
    "Nodes",
    "ParameterGroup",
    "PatchEncoder",
    "Preparation",
    "Regrouping",
    "Rows",
    "SequenceEncoder",
    "Sequences",
    "Skipped",
    "Source",
    "Step",
    "Texts",
    "Track",
    "UserError",
    "Views",
    "all_sum",
    "gather",
    "nearest",
    "process_count",
    "process_rank",
    "silent",
    "unknown_name",
]
