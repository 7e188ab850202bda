"""What each method says that guessing comes to, against guesses that are counted."""

import copy
import math
from functools import partial

import pytest
import torch
from torch import nn

from selftaught.core import MaskedText, Recordings
from selftaught.encoders import (
    CausalSpeechEncoder,
    FrameResNet,
    GraphConvolution,
    MaskedPerceptron,
    PatchAverage,
    PixelReader,
    SmallResNet,
    SplitChannels,
    TextTransformer,
    VisionTransformer,
)
from selftaught.methods import METHODS, find_method
from selftaught.parts import FixedTeacher

IMAGES = partial(SmallResNet, channels=3, image_size=16)
ENCODERS = {
    "cpc_speech": partial(CausalSpeechEncoder, channels=8, context_width=6),
    "bert": partial(TextTransformer, vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2),
    "dgi": partial(GraphConvolution, features=16, width=12),
    "mae": partial(VisionTransformer, image_size=16),
    "pixelcnn": partial(PixelReader, "pixel_cnn", image_size=16, levels=4, features=6, blocks=1),
    "made": partial(MaskedPerceptron, image_size=16, levels=4, features=12),
    "pixelrnn": partial(PixelReader, "row_lstm", image_size=16, levels=4, features=6, blocks=1),
    "video_colorization": partial(FrameResNet, image_size=16, width=8, middle_width=8),
    "i_jepa": partial(VisionTransformer, image_size=16),
    "dpc": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "svg_lp": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "future_frames": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "cmc": partial(SplitChannels, "small_resnet", channels=3, image_size=16, channel_split="L,ab"),
    "cpc_images": lambda: PatchAverage(SmallResNet(image_size=4), image_size=16, patch_grid=7),
    "colorization": partial(SplitChannels, "small_resnet", channels=3, image_size=16, channel_split="L"),
    "split_brain": partial(SplitChannels, "small_resnet", channels=3, image_size=16, channel_split="L,ab"),
}
SMALL = {
    "future_frames": {"state_width": 8},
    "svg_lp": {"state_width": 8, "latent_width": 4},
    "dpc": {"state_width": 8},
    "cpc_speech": {"steps_ahead": 3},
    "simclr": {"hidden_width": 12, "embedding_width": 8},
    "moco": {"embedding_width": 8, "queue": 48, "batch_norm_groups": 4},
    "byol": {"hidden_width": 12, "embedding_width": 8},
    "instdisc": {"items": 16, "embedding_width": 8, "negatives": 8, "proximal_weight": 2.0},
    "pirl": {"items": 16, "embedding_width": 8, "negatives": 8},
    "cmc": {"items": 16, "embedding_width": 8, "negatives": 8},
    "cpc_images": {"rows_ahead": 2, "context_width": 4},
    "amdim": {"embedding_width": 8},
    "deep_infomax": {"global_weight": 0.5, "critic_width": 8, "embedding_width": 6},
    "cluster_fit": {"items": 16, "clusters": 4},
    "local_aggregation": {"items": 16, "embedding_width": 8, "clusters": 4},
    "simsiam": {"hidden_width": 12, "embedding_width": 8, "predictor_width": 4},
    "barlow_twins": {"hidden_width": 12, "embedding_width": 8},
    "vicreg": {"hidden_width": 12, "embedding_width": 8},
    "lejepa": {"hidden_width": 12, "embedding_width": 8, "directions": 16},
    "deepcluster": {"items": 20, "clusters": 4, "pca_width": 4},
    "deepercluster": {"items": 20, "groups": 2, "clusters": 2, "pca_width": 4},
    "dino": {"hidden_width": 12, "bottleneck_width": 8, "outputs": 6},
    "swav": {"hidden_width": 12, "embedding_width": 8, "prototypes": 6},
    "jigsaw": {"permutations": 8, "tile_width": 8, "hidden_width": 12},
    "relative_position": {"patch_width": 8, "hidden_width": 12},
    "mae": {"decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2},
    "pixelcnn": {"head_width": 6},
    "made": {"masks": 3},
    "pixelrnn": {"head_width": 6},
    "i_jepa": {"predictor_width": 16, "predictor_depth": 1, "predictor_heads": 2},
    "gan": {"generator_width": 4},
    "autoencoder": {"bottleneck_width": 8, "decoder_width": 4},
    "vae": {"latent_width": 8, "decoder_width": 4, "importance_samples": 4},
    "vq_vae": {"codes": 8, "code_width": 6, "decoder_width": 4},
    "aae": {"latent_width": 8, "decoder_width": 4, "discriminator_width": 12},
    "bigan": {"generator_width": 4, "discriminator_width": 4},
    "colorization": {"decoder_width": 8},
    "split_brain": {"decoder_width": 8},
    "inpainting": {"decoder_width": 8, "discriminator_width": 4},
    "distillation": {"teacher": FixedTeacher(nn.Sequential(IMAGES(), nn.Linear(256, 5)), 5)},
    "simreg": {"teacher": FixedTeacher(IMAGES(), 256)},
}
N = 16


def build(name):
    torch.manual_seed(0)
    return find_method(name)(ENCODERS.get(name, IMAGES)(), **copy.deepcopy(SMALL.get(name, {}))).eval()


def views_for(name, n=N, seed=0):
    return find_method(name).views_type.example(n, torch.Generator().manual_seed(seed))


def figures(method, views):
    with torch.no_grad():
        step = method.step(views)
    return {key: float(value) for key, value in {**step.losses, **step.metrics}.items()}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_reports_a_figure_beside_its_chance(name):
    method, views = build(name), views_for(name)
    chance, found = method.chance(views), figures(method, views)
    assert chance, f"{name} says of no figure what guessing comes to"
    assert chance.keys() <= found.keys()
    assert all(math.isfinite(value) for value in chance.values())
    assert all(math.isfinite(found[key]) for key in chance)
    assert all(0 < value < 1 for key, value in chance.items() if "accuracy" in key)


@pytest.mark.parametrize("name", METHODS)
def test_chance_does_not_depend_on_the_weights(name):
    method, views = build(name), views_for(name)
    before = method.chance(views)
    with torch.no_grad():
        for weight in method.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    assert method.chance(views) == before


def silence(layer):
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def test_equal_embeddings_score_chance():
    for name in ("simclr", "moco", "byol", "simsiam", "barlow_twins", "vicreg", "lejepa"):
        method, views = build(name), views_for(name)
        constant = nn.Parameter(torch.ones(8))
        for part in (method.projector, *(getattr(method, other) for other in ("predictor",) if hasattr(method, other))):
            part.forward = lambda items, constant=constant: constant.expand(len(items), 8)
        if hasattr(method, "teacher"):
            method.teacher.forward = lambda items: torch.ones(len(items), 8)
        found = figures(method, views)
        assert {key: found[key] for key in method.chance(views)} == pytest.approx(method.chance(views), abs=1e-5), name


def test_logits_of_zero_score_the_chance_of_games():
    gan, bigan, dgi = build("gan"), build("bigan"), build("dgi")
    silence(gan.head)
    bigan.discriminator.forward = lambda images, latents: torch.zeros(len(images))
    nn.init.zeros_(dgi.discriminator)
    expected, found = gan.chance(views_for("gan")), figures(gan, views_for("gan"))
    assert found["discriminator"] == pytest.approx(expected["discriminator"])
    assert found["generator"] == pytest.approx(expected["generator"])
    expected, found = bigan.chance(views_for("bigan")), figures(bigan, views_for("bigan"))
    assert found["discriminator"] == pytest.approx(expected["discriminator"])
    assert found["encoder_and_generator"] == pytest.approx(expected["encoder_and_generator"])
    expected, found = dgi.chance(views_for("dgi")), figures(dgi, views_for("dgi"))
    assert found == pytest.approx(expected)


def test_a_coin_is_right_half_the_time():
    method, views = build("gan"), views_for("gan", 2000)
    method.head.forward = lambda vectors: torch.randn(len(vectors), 1)
    method.encoder.forward = lambda images: torch.zeros(len(images), method.encoder.width)
    method.generator.forward = lambda latents: torch.zeros(len(latents), 3, 16, 16)
    assert figures(method, views)["discriminator_accuracy"] == pytest.approx(0.5, abs=0.04)


def test_the_most_frequent_token_and_no_pair_following():
    method, views = build("bert"), MaskedText.example(64, torch.Generator().manual_seed(3))
    meant = [views.targets[i, j].item() for i in range(64) for j in range(int(views.target_counts[i]))]
    best = max(sum(token == guess for token in meant) for guess in range(32)) / len(meant)
    none_follow = sum(not follows for follows in views.is_next.tolist()) / 64
    chance = method.chance(views)
    assert chance["masked_token_accuracy"] == pytest.approx(best)
    assert chance["next_sentence_accuracy"] == pytest.approx(none_follow)
    for layer in (method.next_sentence, method.transform[0]):
        silence(layer)
    silence(method.transform[2])  # all tokens get their bias, 0
    found = figures(method, views)
    assert found["masked_language_model"] == pytest.approx(chance["masked_language_model"], abs=1e-5)
    assert found["next_sentence"] == pytest.approx(chance["next_sentence"], abs=1e-5)
    assert found["next_sentence_accuracy"] == pytest.approx(chance["next_sentence_accuracy"])
    method.token_bias.data[max(set(meant), key=meant.count)] = 1.0
    assert figures(method, views)["masked_token_accuracy"] == pytest.approx(best)


def test_frames_and_the_steps_that_recordings_hold():
    method = build("cpc_speech")
    views = Recordings.example(8, torch.Generator().manual_seed(0))
    frames = sum(int(length) // 160 for length in views.lengths)
    chance = method.chance(views)
    assert chance["accuracy_1"] == pytest.approx(1 / frames)
    assert chance["info_nce"] == pytest.approx(math.log(frames))
    short = Recordings(views.index, views.samples[:, :480], views.lengths.clamp(max=480))  # 3 frames: no third step
    assert "accuracy_2" in method.chance(short)
    assert "accuracy_3" not in method.chance(short)
    assert math.isnan(figures(method, short)["accuracy_3"])
    for predictor in method.predictors:
        silence(predictor)
    assert figures(method, views)["info_nce"] == pytest.approx(chance["info_nce"], abs=1e-5)


def test_the_largest_cluster():
    method, views = build("deepcluster"), views_for("deepcluster", 20)
    method.assignments.copy_(torch.tensor([0] * 9 + [1] * 6 + [2] * 5))
    assert method.chance(views) == pytest.approx({"accuracy": 9 / 20, "own_cluster": math.log(4)})
    silence(method.classifier)
    assert figures(method, views)["own_cluster"] == pytest.approx(math.log(4), abs=1e-6)
    method.classifier.bias.data[0] = 1.0
    assert figures(method, views)["accuracy"] == pytest.approx(9 / 20)


def test_the_mean_of_every_hidden_patch():
    method, views = build("mae"), views_for("mae")
    method.decoder.forward = lambda seen, keep, hidden: torch.zeros_like(views.hidden_patches)
    assert figures(method, views)["reconstruction"] == pytest.approx(method.chance(views)["reconstruction"])
    assert method.chance(views)["reconstruction"] == pytest.approx(11 / 12, abs=1e-4)  # 12 values a patch


def test_levels_that_are_all_equally_likely():
    for name in ("pixelcnn", "made", "pixelrnn"):
        method, views = build(name), views_for(name)
        head = method.head if name == "made" else method.levels.head
        for weight in head.parameters():
            nn.init.zeros_(weight)
        assert figures(method, views) == pytest.approx(method.chance(views), abs=1e-5), name
        assert method.chance(views)["bits_per_dimension"] == 2


def test_an_item_is_recognised_in_any_batch_and_without_the_queue():
    method = build("moco")
    chance, found = method.chance(views_for("moco", 6)), figures(method, views_for("moco", 6))  # 6: no 4 equal groups
    assert chance["top_1_accuracy"] == pytest.approx(1 / 6)
    method.queue.rows.copy_(torch.randn(48, 8))
    assert figures(method, views_for("moco", 6))["top_1_accuracy"] == found["top_1_accuracy"]


@pytest.mark.parametrize("name", ["simclr", "moco", "byol", "simsiam", "barlow_twins", "vicreg", "lejepa"])
def test_recognition_costs_nothing_while_training(name):
    method, views = build(name), views_for(name)
    assert "top_1_accuracy" not in method.train().step(views).metrics
