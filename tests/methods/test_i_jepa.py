"""I-JEPA against its loss written in loops, and the wrong versions that quick ones get."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from selftaught.core import BlockMaskedImages, UserError
from selftaught.encoders import SmallResNet, VisionTransformer
from selftaught.methods import IJEPA

N = 6


def small_transformer() -> VisionTransformer:
    encoder = VisionTransformer("small_vit", image_size=16)
    encoder.network.blocks = encoder.network.blocks[:1]
    return encoder


def built(**settings) -> IJEPA:
    torch.manual_seed(0)
    sizes = {"predictor_width": 16, "predictor_depth": 1, "predictor_heads": 2, **settings}
    method = IJEPA(small_transformer(), **sizes).double()
    with torch.no_grad():
        for weight in method.teacher.parameters():  # a teacher that is not the student
            weight.add_(0.05 * torch.randn_like(weight))
    return method.eval()


def views(seed: int = 0) -> BlockMaskedImages:
    made = BlockMaskedImages.example(N, torch.Generator().manual_seed(seed))
    return made.to(torch.device("cpu"), torch.float64)


def normal(vectors):
    return F.layer_norm(vectors, vectors.shape[-1:])


def gathered(vectors, blocks):
    return torch.stack([vectors[item, block] for item, block in enumerate(blocks.flatten(1))])


def told(method, asked, block):
    seen = method.encoder.visible(asked.images, asked.context)
    return method.predictor(seen, asked.context, asked.blocks[:, block])


def right(method, asked) -> float:
    """Section 3: over the blocks and their patches, each block told by itself."""
    with torch.no_grad():
        target = normal(method.teacher.network[0].local(asked.whole))
        total, count = 0.0, 0
        for block in range(asked.blocks.shape[1]):
            for item, guess in enumerate(told(method, asked, block).tolist()):
                for place, vector in zip(asked.blocks[item, block].tolist(), guess, strict=True):
                    truth = target[item, place].tolist()
                    total += sum((x - y) ** 2 for x, y in zip(vector, truth, strict=True)) / len(truth)
                    count += 1
    return total / count


def test_the_loss_is_the_papers():
    method, asked = built(), views()
    assert method.step(asked).loss.item() == pytest.approx(right(method, asked), abs=1e-10)
    assert method.energy(asked).mean().item() == pytest.approx(right(method, asked), abs=1e-10)


def _with(method, asked, *, guess=None, target=None):
    with torch.no_grad():
        if guess is None:
            guess = torch.cat([told(method, asked, block) for block in range(asked.blocks.shape[1])], 1)
        if target is None:
            target = gathered(normal(method.teacher.network[0].local(asked.whole)), asked.blocks)
        return (guess - target).square().mean().item()


def _all_told_at_once(method, asked):
    with torch.no_grad():
        seen = method.encoder.visible(asked.images, asked.context)
        return _with(method, asked, guess=method.predictor(seen, asked.context, asked.blocks.flatten(1)))


def _context_sees_targets(method, asked):
    with torch.no_grad():
        seen = gathered(method.encoder.local(asked.images), asked.context[:, None])
        guesses = [method.predictor(seen, asked.context, asked.blocks[:, block]) for block in range(2)]
        return _with(method, asked, guess=torch.cat(guesses, 1))


def _teacher(method, asked, change=normal, network=None, images=None):
    taught = method.teacher.network[0] if network is None else network
    with torch.no_grad():
        return gathered(change(taught.local(asked.whole if images is None else images)), asked.blocks)


def _teacher_sees_blocks_alone(method, asked):
    taught = method.teacher.network[0]
    with torch.no_grad():
        return normal(torch.cat([taught.visible(asked.whole, asked.blocks[:, block]) for block in range(2)], 1))


def _pixels(method, asked):
    patches = asked.whole.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).flatten(1, 2).flatten(2)
    target = gathered(patches, asked.blocks)
    guess = torch.cat([told(method, asked, block) for block in range(2)], 1)[..., : target.shape[-1]].detach()
    return _with(method, asked, guess=guess, target=target)


def _predictor_on_the_teacher(method, asked):
    with torch.no_grad():
        seen = method.teacher.network[0].visible(asked.whole, asked.context)
        guesses = [method.predictor(seen, asked.context, asked.blocks[:, block]) for block in range(2)]
        return _with(method, asked, target=normal(torch.cat(guesses, 1)))


WRONG = {
    "the context sees the targets": _context_sees_targets,
    "loss in pixels": _pixels,
    "predictor on the teacher": _predictor_on_the_teacher,
    "targets not normalised": lambda m, v: _with(m, v, target=_teacher(m, v, change=lambda vectors: vectors)),
    "targets from the student": lambda m, v: _with(m, v, target=_teacher(m, v, network=m.encoder)),
    "the teacher sees the blocks alone": lambda m, v: _with(m, v, target=_teacher_sees_blocks_alone(m, v)),
    "all blocks told at once": _all_told_at_once,
    "smooth L1": lambda m, v: F.smooth_l1_loss(
        torch.cat([told(m, v, block) for block in range(2)], 1), _teacher(m, v)
    ).item(),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_loss_is_rejected(wrong):
    method, asked = built(), views()
    assert abs(WRONG[wrong](method, asked) - right(method, asked)) > 1e-6


def test_what_is_not_in_the_context_changes_no_guess():
    method, asked = built(), views()
    hidden = torch.ones(N, 64, dtype=torch.bool).scatter(1, asked.context, value=False).view(N, 1, 8, 8)
    pixels = hidden.repeat_interleave(2, 2).repeat_interleave(2, 3)
    other = replace(asked, images=torch.where(pixels, asked.images + 5, asked.images))
    torch.testing.assert_close(method.energy(other), method.energy(asked), rtol=1e-9, atol=1e-12)
    everything = replace(asked, images=asked.images + 5)
    assert not torch.allclose(method.energy(everything), method.energy(asked))


def test_no_gradient_reaches_the_teacher_and_it_follows_by_its_schedule():
    method, asked = built().train(), views()
    method.step(asked).loss.backward()
    assert all(weight.grad is None for weight in method.teacher.parameters())
    assert all(weight.grad is not None for weight in method.predictor.parameters())
    assert [method.momentum(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([0.996, 0.998, 1.0])
    weight, mine = method.teacher.network[0].network.patch_embed.proj.weight, method.encoder
    before, student = weight.clone(), mine.network.patch_embed.proj.weight.detach()
    method.after_step(method.step(asked), progress=0.5)
    torch.testing.assert_close(weight, 0.998 * before + 0.002 * student)


def test_what_is_refused():
    with pytest.raises(UserError, match="expected an encoder of patches, such as small_vit, got SmallResNet"):
        IJEPA(SmallResNet())
    with pytest.raises(UserError, match="expected patches of 2 pixels"):
        built().step(replace(views(), patch_pixels=4))
