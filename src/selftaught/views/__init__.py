"""How one batch becomes related parts: batched, on the device, random choices from explicit draws."""

from selftaught.views.changes import Change, DrawnView
from selftaught.views.draws import Draws
from selftaught.views.two_views import TwoViews

__all__ = ["Change", "DrawnView", "Draws", "TwoViews"]
