"""The one list of methods says what the classes are, without loading them."""

import inspect
import subprocess
import sys

import pytest
import torch
from small_teacher import settings_with, write_teacher

import selftaught.methods
from selftaught.core import Method, UserError
from selftaught.methods import METHODS, find_method
from selftaught.runs.settings import method_schema, resolve_settings

# what the papers say
DEFAULTS = {
    "simclr": {"hidden_width": 2048, "embedding_width": 128, "temperature": 0.1},
    "moco": {"embedding_width": 128, "queue": 65_536, "teacher_momentum": 0.999, "temperature": 0.07},
    "dino": {"hidden_width": 2048, "bottleneck_width": 256, "outputs": 65_536, "teacher_temperature": (0.04, 0.07)},
    "swav": {"hidden_width": 2048, "prototypes": 3000, "temperature": 0.1, "epsilon": 0.05, "sinkhorn_iterations": 3},
    "byol": {"hidden_width": 4096, "embedding_width": 256, "teacher_momentum": 0.996},
    "simsiam": {"hidden_width": 2048, "embedding_width": 2048, "predictor_width": 512},
    "barlow_twins": {"hidden_width": 8192, "embedding_width": 8192, "redundancy_weight": 5e-3},
    "vicreg": {"hidden_width": 8192, "invariance_weight": 25.0, "variance_weight": 25.0, "covariance_weight": 1.0},
    "lejepa": {"gaussianity_weight": 0.05, "directions": 256},
}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    return write_teacher(tmp_path_factory.mktemp("runs") / "tuned")


@pytest.mark.parametrize("name", METHODS)
def test_an_entry_names_its_class(name):
    kind = find_method(name)
    assert issubclass(kind, Method)
    assert kind.__name__ == METHODS[name].class_name
    assert kind.__module__ == f"selftaught.methods.{name}"
    assert METHODS[name].class_name in selftaught.methods.__all__
    assert getattr(selftaught.methods, METHODS[name].class_name) is kind
    assert METHODS[name].kind in kind.kinds


@pytest.mark.parametrize("name", METHODS)
def test_a_method_names_what_the_command_line_needs(name, teacher):
    kind = find_method(name)
    settings = inspect.signature(kind).parameters
    assert next(iter(settings)) == "encoder"
    rest = list(settings.values())[1:]
    assert all(setting.kind is inspect.Parameter.KEYWORD_ONLY for setting in rest)
    no_options = ("items", "teacher")
    assert all(setting.default is not inspect.Parameter.empty for setting in rest if setting.name not in no_options)
    resolve_settings(kind, method_schema(kind), settings_with(teacher, kind)).check()


@pytest.mark.parametrize("name", METHODS)
def test_it_is_built_without_memory_on_the_meta_device(name, teacher):
    kind = find_method(name)
    settings = resolve_settings(kind, method_schema(kind), settings_with(teacher, kind))
    trial = settings.kind.trial(settings.input)
    with torch.device("meta"):
        method = settings.build_method(settings.build_encoder(trial), items=4096, preparation=trial)
    assert all(weight.is_meta for weight in method.parameters())


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_the_papers(name):
    settings = inspect.signature(find_method(name)).parameters
    assert {setting: settings[setting].default for setting in DEFAULTS[name]} == DEFAULTS[name]


def test_an_unknown_name_says_which_is_nearest():
    with pytest.raises(UserError, match="unknown method 'simclear': did you mean 'simclr'"):
        find_method("simclear")


def test_reading_the_list_does_not_load_torch():
    code = "import sys, selftaught.methods as m; assert m.METHODS; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
