"""Networks of the library transformers as encoders: of images, texts and recordings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Sequences, Texts, UserError

__all__ = ["HuggingFaceImages", "HuggingFaceRecordings", "HuggingFaceTexts", "HuggingFaceTokens"]

_SHORTEST = 400  # samples: what Wav2Vec2's convolutions need for one frame
_VARIANCE = 1e-7  # added by Wav2Vec2's feature extractor


@final
@dataclass(frozen=True)
class HuggingFaceTokens(Preparation):
    """Each text as its tokens, special ones as the tokenizer sets them; cut at `max_tokens`.

    Args:
        tokenizer: of transformers: from texts to "input_ids".
        max_tokens: of a text, special ones included.

    Raises:
        UserError: a text has no tokens.

    Example:
        >>> from selftaught.core import Texts
        >>> from selftaught.encoders.hugging_face_networks import HuggingFaceTokens
        >>> def letters(texts, **_):
        ...     return {"input_ids": [[ord(letter) for letter in text] for text in texts]}
        >>> HuggingFaceTokens(letters, max_tokens=8)(Texts(("abc", "d"))).values.tolist()
        [[97, 98, 99], [100, 0, 0]]
    """

    tokenizer: Callable[..., Mapping[str, Any]]
    max_tokens: int

    @property
    def values_an_item(self) -> int:
        """As many numbers as the longest sequence has tokens."""
        return self.max_tokens

    def __call__(self, batch: Texts) -> Sequences:
        """The token numbers, on the CPU, padded to the longest."""
        found = self.tokenizer(list(batch.texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        if not all(found):
            raise UserError("expected texts of at least one token")
        return Sequences.of([torch.tensor(tokens) for tokens in found])


@final
class HuggingFaceImages(Encoder):
    """A network of images: the vector that it pools itself, else its class token, else the mean over positions.

    ViT's own pooling is passed over: it was trained for one task, and most files lack it.

    Args:
        network: of transformers.
        image_size: height and width of the images, in pixels.
        channels: of the images.

    Raises:
        UserError: it gives the same images other vectors every time.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.encoders.hugging_face_networks import HuggingFaceImages
        >>> class Eight(nn.Module):
        ...     def forward(self, pixel_values):
        ...         return {"last_hidden_state": pixel_values.new_zeros(len(pixel_values), 8, 2, 2)}
        >>> HuggingFaceImages(Eight(), image_size=32, channels=3).width
        8
    """

    def __init__(self, network: nn.Module, *, image_size: int, channels: int) -> None:
        super().__init__()
        self.network = network
        names = [name for name, _ in network.named_parameters()]
        self._pools = not any(name.startswith("pooler.dense") for name in names)
        self._has_class_token = any(name.endswith(("cls_token", "class_embedding")) for name in names)
        generator = torch.Generator().manual_seed(0)
        self.width = _width(self, torch.randn(1, channels, image_size, image_size, generator=generator))

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n width"]:
        """One vector an image."""
        found = self.network(pixel_values=items)
        pooled = found.get("pooler_output") if self._pools else None
        if pooled is not None:
            return pooled.flatten(1)
        hidden = found["last_hidden_state"]  # (n, width, h, w), or (n, positions, width)
        if hidden.dim() == 4:
            return hidden.mean((2, 3))
        return hidden[:, 0] if self._has_class_token else hidden.mean(1)


@final
class HuggingFaceTexts(Encoder):
    """A network of tokens: the mean over all of a text, special ones among them.

    Args:
        network: of transformers.
        preparation: its tokenizer.

    Raises:
        UserError: it gives the same texts other vectors every time.

    Example:
        >>> from torch import nn
        >>> from selftaught.encoders.hugging_face_networks import HuggingFaceTexts, HuggingFaceTokens
        >>> class Numbers(nn.Module):
        ...     def forward(self, input_ids, attention_mask):
        ...         return {"last_hidden_state": input_ids[:, :, None].float()}
        >>> def letters(texts, **_):
        ...     return {"input_ids": [[ord(letter) for letter in text] for text in texts]}
        >>> HuggingFaceTexts(Numbers(), HuggingFaceTokens(letters, max_tokens=99)).width
        1
    """

    def __init__(self, network: nn.Module, preparation: HuggingFaceTokens) -> None:
        super().__init__()
        self.network = network
        self.width = _width(self, preparation(Texts(("a few words", "more words than these"))))

    def forward(self, items: Sequences) -> Float[Tensor, "n width"]:
        """One vector a text."""
        real = items.mask
        hidden = self.network(input_ids=items.values, attention_mask=real.long())["last_hidden_state"]  # (n, t, width)
        return (hidden * real[:, :, None]).sum(1) / items.lengths[:, None]


@final
class HuggingFaceRecordings(Encoder):
    """A network of samples: the mean over frames.

    Recordings of one length go together and others apart: such networks normalise over time, so that silence behind
    the end would change the vector.

    Args:
        network: of transformers.
        normalise: bring each recording to mean 0 and deviation 1 first.

    Raises:
        UserError: it gives the same recordings other vectors every time.

    Example:
        >>> from torch import nn
        >>> from selftaught.encoders.hugging_face_networks import HuggingFaceRecordings
        >>> class Frames(nn.Module):
        ...     def forward(self, input_values):
        ...         return {"last_hidden_state": input_values.unfold(1, 400, 400)}
        >>> HuggingFaceRecordings(Frames(), normalise=True).width
        400
    """

    def __init__(self, network: nn.Module, *, normalise: bool) -> None:
        super().__init__()
        self.network, self._normalise = network, normalise
        generator = torch.Generator().manual_seed(0)
        self.width = _width(self, Sequences.of([torch.randn(8000, generator=generator)]))

    def forward(self, items: Sequences) -> Float[Tensor, "n width"]:
        """One vector a recording."""
        found = [torch.empty(0)] * len(items)
        for length in items.lengths.unique().tolist():
            rows = (items.lengths == length).nonzero()[:, 0]
            samples = items.values[rows, :length].float()
            if self._normalise:
                samples = samples - samples.mean(1, keepdim=True)
                samples = samples / (samples.var(1, keepdim=True, correction=0) + _VARIANCE).sqrt()
            samples = nn.functional.pad(samples, (0, max(_SHORTEST - length, 0)))
            vectors = self.network(input_values=samples)["last_hidden_state"].mean(1)
            for row, vector in zip(rows.tolist(), vectors, strict=True):
                found[row] = vector
        return torch.stack(found)


def _width(encoder: Encoder, items: Any) -> int:
    """How wide its vectors are.

    Raises:
        UserError: it gives the same items other vectors the next time.
    """
    with torch.no_grad():
        first, second = encoder(items), encoder(items)
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-4):
        raise UserError("it gives the same items other vectors every time, so that no figure would mean anything")
    return first.shape[1]
