import pytest
import torch

from selftaught.core import Step
from selftaught.training.monitor import Monitor, NonFiniteLoss
from selftaught.training.order import Order

ORDER = Order(items=20, batch_size=5, seed=0)


def step(value: float, **metrics: float) -> Step:
    return Step(
        {"a": torch.tensor(value), "b": torch.tensor(1.0)}, {}, {k: torch.tensor(v) for k, v in metrics.items()}
    )


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_the_step_and_the_term_are_named(bad: float) -> None:
    monitor = Monitor(ORDER, 8)
    monitor.note(0, step(0.5), 0.1)
    with pytest.raises(NonFiniteLoss, match=rf"the loss a was {bad} at step 2 of 8"):
        monitor.note(1, step(bad), 0.1)


def test_late_reading_names_the_same_step_one_step_later() -> None:
    monitor = Monitor(ORDER, 8, late=True)
    monitor.note(0, step(0.5), 0.1)
    monitor.note(1, step(torch.nan), 0.1)
    with pytest.raises(NonFiniteLoss, match="at step 2 of 8"):
        monitor.note(2, step(0.5), 0.1)
    settled = Monitor(ORDER, 8, late=True)
    settled.note(0, step(torch.nan), 0.1)
    with pytest.raises(NonFiniteLoss, match="at step 1 of 8"):
        settled.settle()


def test_late_reading_logs_the_same_rows() -> None:
    def seen(*, late: bool) -> list[tuple[int, float, float]]:
        rows: list[tuple[int, float, float]] = []
        watch = [lambda done, row: rows.append((done, row["loss"], row["learning_rate"]))]
        monitor = Monitor(ORDER, 5, log_every=2, watchers=watch, late=late)
        for number in range(5):
            monitor.note(number, step(float(number)), number / 10)
        monitor.settle()
        assert monitor.losses == {"a": 4.0, "b": 1.0}
        return rows

    assert seen(late=True) == seen(late=False) == [(2, 2.0, 0.1), (4, 4.0, 0.3), (5, 5.0, 0.4)]


def test_metrics_may_be_anything_and_are_shown() -> None:
    rows = []
    monitor = Monitor(ORDER, 4, watchers=[lambda done, row: rows.append(row)])
    monitor.note(0, step(0.5, accuracy=torch.nan), 0.1)
    assert rows[0]["accuracy"] != rows[0]["accuracy"]
    assert (rows[0]["epoch"], rows[0]["items_seen"]) == (0.25, 5)


def test_two_numbers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="different names"):
        Monitor(ORDER, 4).note(0, step(0.5, a=1.0), 0.1)


def test_a_request_to_stop_is_remembered() -> None:
    monitor = Monitor(ORDER, 4)
    monitor.note(0, step(0.5), 0.1, stop=True)
    monitor.note(1, step(0.5), 0.1)
    assert monitor.stop
