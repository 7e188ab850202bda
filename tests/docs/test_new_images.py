"""New images beside true ones, summed up over seeds and put into their table."""

import pytest
from test_pages import script
from test_results_table import ORIGIN


def figures(share, classes):
    shares = dict.fromkeys(("precision", "recall", "coverage"), share)
    return {**shares, "density": 1.0, "classes": 10, "classes_hit": classes, "class_divergence_nats": 1 - share}


def run(method, seed, share, classes):
    found = {"new": figures(share, classes), "true": figures(0.9, 10)}
    return {"method": method, "seed": seed, "compared": {"pixels": found, "simclr": found}}


@pytest.fixture(scope="module")
def document():
    runs = [run("vae", 0, 0.4, 10), run("vae", 1, 0.6, 9), run("gan", 0, 0.2, 3)]
    return {"summary_by_method": script("benchmarks/new_images.py").summarise(runs), "runs": runs, **ORIGIN}


def test_a_row_for_each_method_above_what_true_images_reach(document):
    lines = script("benchmarks/new_images_table.py").new_images(document).splitlines()
    assert lines[2] == "| `vae` | 50.0 ± 14.1 | 50.0 ± 14.1 | 50.0 ± 14.1 | 9.5 | 0.50 | 50.0 ± 14.1 |"
    assert lines[3].startswith("| `gan` | 20.0 |")
    assert lines[4].startswith("| true images | 90.0 ± 0.0 |")
    assert "2 seeds." in lines[6]


def test_without_measurements_it_says_how_to_measure():
    assert "python benchmarks/new_images.py" in script("benchmarks/new_images_table.py").new_images({})


def test_every_method_of_the_board_that_makes_images_is_asked():
    assert {"gan", "bigan", "vae", "aae", "vq_vae", "pixelcnn", "made"} <= set(
        script("benchmarks/new_images.py").MAKERS
    )
