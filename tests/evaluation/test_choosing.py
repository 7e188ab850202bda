import pytest

from selftaught.core import UserError
from selftaught.encoders import (
    AudioPreprocessing,
    CausalSpeechEncoder,
    Preprocessing,
    SmallResNet,
    build_encoder,
)
from selftaught.evaluation import DEFAULT_PROTOCOLS, PROTOCOLS, choose_protocols, choose_tune_labels, suited_protocols

IMAGES = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
FOR_IMAGES = ("attack", "spurious_cue", "keeps", "dense", "dense_fine_tune", "propagation")


def test_names_in_any_order_and_spelling():
    assert choose_protocols(None) == DEFAULT_PROTOCOLS
    assert choose_protocols("all") == tuple(PROTOCOLS)
    assert choose_protocols(["Label-Free", " knn", "knn"]) == ("knn", "label_free")
    assert choose_protocols("linear,views") == ("linear", "views")
    assert choose_protocols("Usual, views") == tuple(
        name for name in PROTOCOLS if name in (*DEFAULT_PROTOCOLS, "views")
    )


@pytest.mark.parametrize(("given", "message"), [("knnn", "did you mean 'knn'"), ("knn,lineer", "'linear'"), ("", "''")])
def test_unknown_names_get_the_nearest(given: str, message: str):
    with pytest.raises(UserError, match=message):
        choose_protocols(given)
    with pytest.raises(UserError, match="at least one of all, knn"):
        choose_protocols([])


def test_an_encoder_of_images_with_positions_takes_everything():
    assert suited_protocols("all", SmallResNet(channels=1), IMAGES) == (tuple(PROTOCOLS), ())
    assert suited_protocols(None, SmallResNet(channels=1), IMAGES) == (DEFAULT_PROTOCOLS, ())


def test_what_another_kind_cannot_take_is_left_out_of_all_with_a_note():
    names, notes = suited_protocols("all", CausalSpeechEncoder(), AudioPreprocessing(16_000, 0.1))
    assert names == tuple(name for name in PROTOCOLS if name not in FOR_IMAGES)
    assert [note.partition(":")[0] for note in notes] == list(FOR_IMAGES)
    assert notes[0] == "attack: left out, for it needs an encoder of images, and this one is of audio"


@pytest.mark.parametrize("given", ["attack", "knn, Spurious-Cue", ["keeps"], "all,dense"])
def test_what_another_kind_cannot_take_is_refused_where_it_was_named(given):
    with pytest.raises(UserError, match="needs an encoder of images, and this one is of audio"):
        suited_protocols(given, CausalSpeechEncoder(), AudioPreprocessing(16_000, 0.1))


def test_dense_needs_positions():
    encoder = build_encoder("mobilenetv3_small_050", channels=1, image_size=32)
    names, notes = suited_protocols("all", encoder, IMAGES)
    assert names == tuple(PROTOCOLS)[:-3]
    reason = "left out, for it needs vectors of positions, and TimmEncoder has one vector an image"
    assert notes == (f"dense: {reason}", f"dense_fine_tune: {reason}", f"propagation: {reason}")
    with pytest.raises(UserError, match="dense: needs vectors of positions"):
        suited_protocols("dense", encoder, IMAGES)


def test_label_budgets_are_those_that_protocols_train_on():
    assert choose_tune_labels(None, ["knn", "supervised"]) == ("100", "1%", "10%", "all")
    assert choose_tune_labels(None, ["fine_tune"]) == ("1%", "10%", "all")
    assert choose_tune_labels(None, ["knn", "dense_fine_tune"]) == ()
    assert choose_tune_labels(" All,1%, 1%", ["supervised", "fine_tune"]) == ("1%", "all")
    assert choose_tune_labels(["100", "10%"], ["supervised", "fine_tune"]) == ("100", "10%")


@pytest.mark.parametrize(
    ("given", "protocols", "message"),
    [
        ("1", ["fine_tune"], "unknown label budget '1': did you mean '1%'"),
        ("", ["fine_tune"], "unknown label budget ''"),
        ("1%", ["knn", "linear"], "expected supervised or fine_tune among the protocols, which train on labels"),
        ("100", ["supervised", "fine_tune"], "fine_tune takes 1%, 10%, all, got 100"),
        ([], ["supervised"], "supervised takes 100, 1%, 10%, all, got none"),
    ],
)
def test_label_budgets_that_nothing_trains_on_are_refused(given, protocols, message: str):
    with pytest.raises(UserError, match=message):
        choose_tune_labels(given, protocols)
