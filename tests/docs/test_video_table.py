"""What is followed in clips, summed up over seeds and put into its table."""

import copy

import pytest
from test_pages import script
from test_results_table import ORIGIN


def tracks(share: float) -> dict:
    return {"region_similarity": share, "correct_points": share + 0.1, "correct_points_strict": share - 0.1}


def run(method: str, seed: int, share: float) -> dict:
    def followed(shares: float) -> dict:
        return {
            "copied": {"inner product": tracks(shares), "cosine": tracks(shares + 0.05)},
            "staying": tracks(0.3),
            "ceiling": tracks(0.8),
            "clips": 64,
            "frames": 10,
            "grid": 12,
        }

    return {
        "method": method,
        "seed": seed,
        "train_seconds": 60.0,
        "propagation": followed(share),
        "random_start": followed(0.4),
        "energy": {"trained": {"reversed": share + 0.2}, "start": {"reversed": 0.5}},
        "own_task": {"error_1_ahead": {"value": 0.1, "chance": 1.0, "at_start": 2.0}},
        "over_copying": {"error_over_copying_1_ahead": 0.75} if method == "future_frames" else {},
    }


@pytest.fixture(scope="module")
def document():
    runs = [run("video_colorization", seed, 0.5 + seed / 50) for seed in range(2)] + [run("future_frames", 0, 0.45)]
    summary = script("benchmarks/video_propagation.py").summarise(runs)
    return {"summary_by_method": summary, "runs": [run | ORIGIN for run in runs], **ORIGIN}


def test_every_number_stands_in_its_row(document):
    text = script("benchmarks/video_table.py").video(document)
    assert "| `video_colorization`, copied by inner product | 51.0 ± 1.4 | 61.0 ± 1.4 | 41.0 ± 1.4 |" in text
    assert "| its random start, copied by cosine | 45.0 ± 0.0 | 55.0 ± 0.0 | 35.0 ± 0.0 |" in text
    assert "| `future_frames`, copied by cosine | 50.0 | 60.0 | 40.0 |" in text
    assert "| true, as coarse as its grid of 12x12 | 80.0 | 90.0 | 70.0 |" in text
    assert "| squared difference | 75.0 |" in text
    assert "| reversed | 65.0 | 50.0 |" in text
    assert text.count("error in per cent of copying's") == 1
    assert "over 2 seeds of `video_colorization` and 1 seed of `future_frames`, of 64 clips" in text


def test_without_measurements_it_says_how_to_measure():
    assert "python benchmarks/video_propagation.py" in script("benchmarks/video_table.py").video({})


def test_the_page_of_a_method_shows_what_it_follows(document, tmp_path):
    import json

    measured = script("docs/measured.py").measured
    (tmp_path / "learns.json").write_text(json.dumps({"summary": []}))
    assert measured("future_frames", tmp_path) == []
    (tmp_path / "video.json").write_text(json.dumps(copy.deepcopy(document)))
    lines = measured("video_colorization", tmp_path)
    assert "| copied by inner product | 51.0 | 61.0 |" in lines
    assert "| stay | 30.0 | 40.0 |" in lines
    assert measured("simclr", tmp_path) == []
