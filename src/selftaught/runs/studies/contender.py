"""One of those that are compared: a method with its numbers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from selftaught.methods import find_method
from selftaught.recipes import find_recipe
from selftaught.runs.settings import Settings, method_schema, resolve_settings

__all__ = ["Contender", "written"]

_ELSEWHERE = ("seed", "device", "devices", "checkpoint_minutes", "log_every", "logger", "compile", "cache")
"""Options that may differ between two calls: where and how a run is trained, not what."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A method with its numbers, to be trained with several seeds.

    Args:
        name: of the row on the leaderboard.
        method: its name on the command line.
        recipe: a named set of numbers.
        settings: options that beat the recipe, without the seed.
        varied: those of them that make the difference in an ablation.

    Example:
        >>> from selftaught.runs.studies import Contender
        >>> contender = Contender(name="temperature 0.1", method="simclr", settings={"temperature": 0.1})
        >>> contender.folder_name(seed=2), contender.resolved().values["temperature"]
        ('temperature-0.1-seed2', 0.1)
    """

    name: str
    method: str
    recipe: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    varied: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def folder_name(self, *, seed: int) -> str:
        """What the folder of its run with this seed is called."""
        return f"{re.sub(r'[^A-Za-z0-9_.+-]+', '-', self.name).strip('-')}-seed{seed}"

    def resolved(self, changes: Mapping[str, Any] | None = None) -> Settings:
        """The value of every option.

        Args:
            changes: options that beat even its settings.

        Raises:
            UserError: an unknown option, or a value not of its type.
        """
        method = find_method(self.method)
        recipe = find_recipe(self.recipe) if self.recipe else None
        return resolve_settings(method, method_schema(method), {**self.settings, **(changes or {})}, recipe)

    def as_json(self) -> dict[str, Any]:
        """What it is: every number that decides what is trained."""
        values = {name: value for name, value in self.resolved().values.items() if name not in _ELSEWHERE}
        whole = {"name": self.name, "method": self.method, "recipe": self.recipe, "varied": dict(self.varied)}
        return json.loads(json.dumps(whole | {"settings": values}, default=str))

    def command(self, data: object, out: str, *, seed: int) -> list[str]:
        """The words that train it alone; none where the data have no name."""
        if not isinstance(data, str):
            return []
        recipe = ["--recipe", self.recipe] if self.recipe else []
        options = [
            word
            for name, value in {**self.settings, "seed": seed}.items()
            for word in (method_schema(find_method(self.method)).option(name).flag, written(value))
        ]
        return ["selftaught", "pretrain", self.method, "--data", data, *recipe, *options, "--out", out]


def written(value: object) -> str:
    """A value as it is typed on the command line.

    Example:
        >>> from selftaught.runs.studies import written
        >>> written((0.2, 1.0)), written(None), written(True), written("resnet18")
        ('0.2,1', 'none', 'true', 'resnet18')
    """
    if isinstance(value, (tuple, list)):
        return ",".join(map(written, cast("tuple[object, ...]", value)))
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
