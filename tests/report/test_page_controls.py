"""Labels alone and another encoder on the page: beside the controls, and explained."""

from test_page import EVALUATION, Page, protocols

from selftaught.report import ReportContents, write_report

AGAINST = {"run": "runs/byol", "encoder": "a run of byol", "sentence": "Told."}


def shown(evaluation, folder):
    text = write_report(ReportContents(title="x", evaluation=evaluation), folder / "report.html").read_text("utf-8")
    return text, {tag: " ".join(words.split()) for tag, words in Page(text).words.items()}


def test_labels_alone_and_the_other_encoder_stand_beside_the_controls(tmp_path):
    alone = {"by_budget": protocols(None, (0.5, 0.02), (0.45, 0.02), (0.7, 0.01), (0.9, None))["linear"]}
    controls = EVALUATION["controls"] | {"supervised": alone}
    against = AGAINST | {"protocols": EVALUATION["protocols"]}
    text, words = shown(EVALUATION | {"controls": controls, "against": against}, tmp_path)
    assert "Labels alone \N{EN DASH} 45.0 ± 2.0 50.0 ± 2.0 70.0 ± 1.0 90.0" in words["table"]
    assert "runs/byol 86.7 73.1 ± 2.0" in words["table"]
    assert "Gain over random start" in words["table"]
    assert "trained from scratch on as many labels" in words["dl"]
    assert "the encoder that this one was compared with: a run of byol" in words["dl"]
    assert "var(--series-5)" in text
    assert "Labels alone: 45.0 ± 2.0 % with 1 % of labels" in text


def test_an_encoder_that_was_compared_by_positions_alone_has_no_row(tmp_path):
    _, words = shown(EVALUATION | {"against": AGAINST | {"protocols": {"propagation_of_none": {}}}}, tmp_path)
    assert "runs/byol" not in words["table"]
