"""Labels follow what moves, and the figures say how well."""

import math

import pytest
import torch
from oracles import copying as oracle

from selftaught.core import UserError
from selftaught.data import MovingClothes, make_moving_clothes
from selftaught.encoders import FrameResNet, Preprocessing, SmallResNet, VideoPreprocessing, build_encoder
from selftaught.evaluation import drawn_points, drawn_tracks, measure_propagation, propagate
from selftaught.evaluation.propagation import follow
from selftaught.evaluation.tracks import mask_shares, masks_of, point_shares, points_of, tracks_of

PREPARE = VideoPreprocessing(32, 4, 1, (0.4,) * 3, (0.3,) * 3)


def plain(vectors, first, memory, temperature):
    """One clip, frame by frame, place by place."""
    labels = [first]
    for frame in range(1, len(vectors)):
        begin = max(frame - memory, 0)
        places = [place for earlier in vectors[begin:frame] for place in earlier]
        known = [label for earlier in labels[begin:frame] for label in earlier]
        labels.append([])
        for target in vectors[frame]:
            weights = oracle.weights(target, places, temperature)
            copied = [math.fsum(w * label[k] for w, label in zip(weights, known, strict=True)) for k in range(2)]
            labels[-1].append(copied)
    return labels


def accepts(function):
    """Whether labels are copied as by the loops."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(2, 5, 6, 3, generator=generator, dtype=torch.float64)
    first = torch.rand(2, 6, 2, generator=generator, dtype=torch.float64)
    found = function(vectors, first, temperature=0.5, memory=2)
    expected = torch.tensor([plain(v.tolist(), f.tolist(), 2, 0.5) for v, f in zip(vectors, first, strict=True)])
    return torch.allclose(found, expected.double(), rtol=0, atol=1e-6)


def always_from_the_first(vectors, first, *, temperature, memory):
    weights = (vectors @ vectors[:, :1].transpose(2, 3) / temperature).softmax(3)
    return torch.cat([first[:, None], (weights @ first[:, None])[:, 1:]], 1)


def softmax_over_targets(vectors, first, *, temperature, memory):
    found = [first]
    for frame in range(1, vectors.shape[1]):
        begin = max(frame - memory, 0)
        weights = vectors[:, frame] @ vectors[:, begin:frame].flatten(1, 2).transpose(1, 2) / temperature
        found.append(weights.softmax(1) @ torch.cat(found[begin:], 1))
    return torch.stack(found, 1)


def sees_the_frame_itself(vectors, first, *, temperature, memory):
    return propagate(vectors, first, temperature=temperature, memory=memory + 1)


def test_labels_are_copied_from_the_last_frames():
    assert accepts(propagate)


@pytest.mark.parametrize("wrong", [always_from_the_first, softmax_over_targets, sees_the_frame_itself])
def test_wrong_propagation_is_rejected(wrong):
    assert not accepts(wrong)


def a_clip():
    """One object of 2x4 pixels that moves two pixels to the right; the second is nowhere."""
    masks = torch.zeros(1, 2, 8, 8, dtype=torch.int64)
    masks[0, 0, 2:4, 0:4] = 1
    masks[0, 1, 2:4, 2:6] = 1
    points = torch.tensor([[[[1.0, 2.0]], [[3.0, 2.0]]]])
    shown = torch.ones(1, 2, 1, dtype=torch.bool)
    return MovingClothes(
        frames=torch.rand(1, 2, 3, 8, 8), masks=masks, points=points, shown=shown, owners=torch.tensor([1])
    )


def test_figures_by_hand():
    made = a_clip()
    right = tracks_of(made.masks, made.points, made)
    assert (right.region_similarity, right.by_frame, right.correct_points) == (1.0, (1.0,), 1.0)
    stay = (made.masks[:, :1].expand_as(made.masks), made.points[:, :1].expand_as(made.points))
    found = tracks_of(*stay, made)
    assert found.region_similarity == pytest.approx(4 / 12)  # 4 pixels in both, 12 in either
    assert (found.correct_points, found.correct_points_strict) == (0.0, 0.0)
    near = made.points + torch.tensor([0.6, 0.0])  # of a side of 4: 0.15
    assert tracks_of(made.masks, near, made).correct_points == 1.0
    assert tracks_of(made.masks, near, made).correct_points_strict == 0.0


def test_points_and_masks_come_back_from_a_grid():
    made = make_moving_clothes(4, frames=3, image_size=32, part="test")
    points = points_of(point_shares(made.points.flatten(0, 1), 16, 32).unflatten(0, (4, 3)), 32)
    inside = (made.points > 1) & (made.points < 30)
    assert (points - made.points)[inside].abs().max() < 0.01
    masks = masks_of(mask_shares(made.masks.flatten(0, 1), 32).unflatten(0, (4, 3)), 32)
    assert torch.equal(masks, made.masks)


def test_vectors_that_know_what_they_see_follow_it():
    made = make_moving_clothes(6, frames=6, image_size=32, part="test")
    shares = mask_shares(made.masks.flatten(0, 1), 16).unflatten(0, (6, 6))
    masks, _ = follow(20 * shares, made, likeness="inner product")
    found = tracks_of(masks, made.points, made).region_similarity
    stay = tracks_of(made.masks[:, :1].expand_as(made.masks), made.points, made).region_similarity
    assert found > 0.7 > stay + 0.1


def test_what_is_measured_of_encoders():
    torch.manual_seed(0)
    encoder = FrameResNet(image_size=32, middle_width=16)
    found = measure_propagation(encoder, PREPARE, clips=6, frames=4)
    assert (found.grid, found.clips, found.frames) == (8, 6, 4)
    assert len(found.staying.by_frame) == 3
    assert found.staying.by_frame[0] > found.staying.by_frame[2]  # they move on
    assert found.ceiling.region_similarity > found.staying.region_similarity
    assert found.ceiling.correct_points > 0.95
    assert found == measure_propagation(encoder, PREPARE, clips=6, frames=4)
    images = Preprocessing(32, 1, (0.4,), (0.3,))
    assert measure_propagation(SmallResNet(channels=1), images, clips=2, frames=3).grid == 4


def test_encoders_without_places_are_refused():
    with pytest.raises(UserError, match="propagation: expected an encoder with places, got TimmEncoder"):
        measure_propagation(
            build_encoder("mobilenetv3_small_050", channels=3, image_size=32), PREPARE, clips=1, frames=2
        )
    with pytest.raises(UserError, match="expected at least 1 clip and 2 frames, got 1 and 1"):
        measure_propagation(FrameResNet(image_size=32), PREPARE, clips=1, frames=1)
    with pytest.raises(UserError, match="memory: expected at least 1 frame, got 0"):
        propagate(torch.rand(1, 2, 4, 3), torch.rand(1, 4, 2), memory=0)


def test_drawings_show_a_clip_a_row():
    encoder = FrameResNet(image_size=32, middle_width=16)
    drawn = drawn_tracks(encoder, PREPARE, clips=2, frames=4)
    assert {picture.shape for picture in drawn.values()} == {(2 * 66, 4 * 66, 3)}
    true, followed = drawn.values()
    assert (true != followed).any()
    assert drawn_points(encoder, PREPARE, torch.rand(2, 3, 3, 32, 32)).shape == (132, 198, 3)
