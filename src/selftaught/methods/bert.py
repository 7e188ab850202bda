"""BERT: say which tokens are hidden, and whether the second of two segments of text follows the first.

Paper    Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1 and appendix A
Needs    several documents of several sentences; a tokenizer
Differs  tokens are hidden anew at every step, and pairs made once (`duplicates` times), where the paper made ten copies
         of both beforehand; for each pair, not for each document, it is drawn whether it is short; the share of hidden
         tokens is the paper's without its limit of 20 for each pair; random replacements are never special tokens; of
         two documents the second is always another one, where the paper tried ten times; AdamW on all weights by
         default and one length of sequences, where the paper trained on 128 and then on 512 tokens; the bias of the
         output learns 30 times as fast as the other weights, and text_transformer's positions begin as waves
"""

import math
from collections.abc import Mapping, Sequence
from typing import cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, MaskedText, Method, ParameterGroup, Step, TokenEncoder, UserError
from selftaught.objectives import masked_token_energy, masked_token_loss, next_sentence_energy, next_sentence_loss
from selftaught.views import MaskedSentencePairs

__all__ = ["BERT"]


@final
class BERT(Method[MaskedText]):
    """A transformer over two segments, a head that reads hidden tokens, and one that judges the pair by its [CLS].

    The metrics have to be read beside `chance`.

    Args:
        encoder: what is kept after training; reads tokens and has a table of them.

    Raises:
        UserError: the encoder reads no tokens.

    Example:
        >>> import torch
        >>> from selftaught.core import MaskedText
        >>> from selftaught.encoders import TextTransformer
        >>> from selftaught.methods import BERT
        >>> method = BERT(TextTransformer(vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2))
        >>> step = method.step(MaskedText.example(8, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['masked_language_model', 'next_sentence'], ['masked_token_accuracy', 'next_sentence_accuracy'])
    """

    views_type = MaskedText
    view_maker = MaskedSentencePairs
    default_encoder = "text_transformer"
    kinds = ("text",)

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        if not isinstance(encoder, TokenEncoder):
            raise UserError(f"expected an encoder of tokens, such as text_transformer, got {type(encoder).__name__}")
        self.encoder = encoder
        width = encoder.width
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, eps=1e-12))
        self.token_bias = nn.Parameter(torch.zeros(encoder.vocabulary_size))
        self.pooler = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        self.next_sentence = nn.Linear(width, 2)
        for module in (*self.transform, *self.pooler, self.next_sentence):
            if isinstance(module, nn.Linear):  # as the encoder's own
                nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
                nn.init.zeros_(module.bias)

    def step(self, views: MaskedText) -> Step:
        """Predict the hidden tokens of all processes' batch, and which pairs belong together."""
        of_tokens, of_pairs = self._logits(views)
        losses = {
            "masked_language_model": masked_token_loss(of_tokens, views.targets, views.target_counts),
            "next_sentence": next_sentence_loss(of_pairs, views.is_next),
        }
        metrics = {
            "masked_token_accuracy": (of_tokens.argmax(-1) == views.targets)[_meant(views)].float().mean(),
            "next_sentence_accuracy": (of_pairs.argmax(-1) == views.is_next).float().mean(),
        }
        return Step(losses=losses, metrics=metrics)

    def chance(self, views: MaskedText) -> Mapping[str, float]:
        """A guess says the batch's most frequent hidden token of all, and that no second segment follows its first.

        At most half of them do. As losses: all tokens of the vocabulary alike, and both answers alike.
        """
        targets = views.targets[_meant(views)]
        return {
            "masked_token_accuracy": int(targets.bincount().max()) / len(targets),
            "next_sentence_accuracy": 1 - views.is_next.double().mean().item(),
            "masked_language_model": math.log(cast("TokenEncoder", self.encoder).vocabulary_size),
            "next_sentence": math.log(2),
        }

    def energy(self, views: MaskedText) -> Float[Tensor, " n"]:
        """Nats that the hidden tokens take on average, and nats that what is said of the pair takes."""
        of_tokens, of_pairs = self._logits(views)
        in_words = masked_token_energy(of_tokens, views.targets, views.target_counts)
        return in_words + next_sentence_energy(of_pairs, views.is_next)

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """The output's bias apart: AdamW moves a weight by its rate in a step, and log-frequencies differ by ten."""
        all_others = [weight for weight in self.parameters() if weight.requires_grad and weight is not self.token_bias]
        bias = ParameterGroup("token_bias", [self.token_bias], learning_rate_factor=30.0)
        return [ParameterGroup("all others", all_others), bias]

    def _logits(self, views: MaskedText) -> tuple[Float[Tensor, "n k vocabulary"], Float[Tensor, "n 2"]]:
        encoder = cast("TokenEncoder", self.encoder)
        local = encoder.local(views.sequences, views.segments)  # (n, t, width)
        hidden = local.gather(1, views.positions[:, :, None].expand(-1, -1, local.shape[2]))  # (n, k, width)
        of_tokens = F.linear(self.transform(hidden), encoder.embedding.weight, self.token_bias)
        return of_tokens, self.next_sentence(self.pooler(local[:, 0]))


def _meant(views: MaskedText) -> Bool[Tensor, "n k"]:
    return torch.arange(views.targets.shape[1], device=views.targets.device) < views.target_counts[:, None]
