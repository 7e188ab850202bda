"""The contract: what an encoder, a method, its views and its step are."""

from selftaught.core.encoder import Encoder, LocalEncoder
from selftaught.core.errors import UserError, nearest, unknown_name
from selftaught.core.items import ImageBatch
from selftaught.core.method import Method, ParameterGroup
from selftaught.core.processes import all_sum, gather, process_count, process_rank
from selftaught.core.progress import Track, silent
from selftaught.core.step import Step
from selftaught.core.views import MultiView, Views

__all__ = [
    "Encoder",
    "ImageBatch",
    "LocalEncoder",
    "Method",
    "MultiView",
    "ParameterGroup",
    "Step",
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
