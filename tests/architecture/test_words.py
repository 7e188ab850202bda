"""Every public name shows how it is used."""

import types
from abc import ABC, abstractmethod

from rules import modules, without_example

# Names without an Example, by why. May only shrink: a test fails when one of them has an example after all.
NO_EXAMPLE = {
    "a record; the function that makes or takes it shows it": {
        "selftaught.core.method.ParameterGroup",
        "selftaught.report.contents.EmbeddingMap",
        "selftaught.report.contents.Neighbours",
        "selftaught.report.contents.ViewExample",
        "selftaught.report.figures.Budget",
        "selftaught.report.figures.Row",
        "selftaught.report.map_layers.MapDrawing",
        "selftaught.report.map_layers.MapLayer",
        "selftaught.training.checkpoint.Checkpoint",
        "selftaught.training.job.Job",
        "selftaught.training.job.Timing",
        "selftaught.training.job.TrainingResult",
    },
    "save_encoder shows both": {
        "selftaught.encoders.saving.PretrainedEncoder",
        "selftaught.encoders.saving.load_encoder",
    },
    "inside of a training run: train shows all of it": {
        "selftaught.training.batches.Batches",
        "selftaught.training.checkpoint.save_checkpoint",
        "selftaught.training.driver.time_training",
        "selftaught.training.logs.MetricsFile",
        "selftaught.training.logs.open_logger",
        "selftaught.training.looking.Looks",
        "selftaught.training.loop.Run",
        "selftaught.training.loop.begin_epoch",
        "selftaught.training.loop.learn",
        "selftaught.training.loop.train_steps",
        "selftaught.training.monitor.Monitor",
        "selftaught.training.optimisers.build_optimiser",
        "selftaught.training.preparing.embedding_as_asked",
        "selftaught.training.preparing.prepare",
        "selftaught.training.preparing.read_checkpoint",
        "selftaught.training.processes.connect",
        "selftaught.training.processes.launch",
        "selftaught.training.timing.time_steps",
        "selftaught.training.working.work",
    },
}


def test_every_public_name_shows_its_use() -> None:
    found = {name for module in modules() for name in without_example(module)}
    excused = set[str]().union(*NO_EXAMPLE.values())
    assert sorted(found - excused) == []
    assert sorted(excused - found) == [], "these have an example now, or are gone: strike them from the list"


def test_every_module_says_what_it_is_for() -> None:
    assert [module.__name__ for module in modules() if not module.__doc__] == []


class Goods(ABC):
    """What cannot be made cannot be shown."""

    @abstractmethod
    def price(self) -> float: ...


def test_a_missing_example_is_seen() -> None:
    module = types.ModuleType("shop")
    code = (
        "__all__ = ['LIMIT', 'buy', 'sell', 'Goods']\nLIMIT = 3\ndef buy():\n    '''Buy.'''\n"
        "def sell():\n    '''Sell.\n\n    >>> sell()\n    '''\n"
    )
    exec(code, vars(module))
    vars(module)["Goods"] = Goods
    Goods.__module__ = "shop"
    assert without_example(module) == ["shop.buy"]
