"""Two parts of text of which some words are hidden."""

from collections.abc import Sequence

from selftaught.core import MaskedText
from selftaught.encoders import TextPreprocessing
from selftaught.parts.word_pieces import pieces, special_tokens
from selftaught.runs.drawing.drawn_views import DrawnViews
from selftaught.runs.drawing.images import draw_views

__all__: list[str] = []


@draw_views.register(MaskedText)
def _text(views: MaskedText, seen: TextPreprocessing) -> DrawnViews:
    special = special_tokens(seen.tokenizer)
    read: list[str] = []
    asked: list[str] = []
    for tokens, length, first, targets, count, follows in zip(
        views.tokens.tolist(),
        views.lengths.tolist(),
        views.first_lengths.tolist(),
        views.targets.tolist(),
        views.target_counts.tolist(),
        views.is_next.tolist(),
        strict=True,
    ):
        halves = (tokens[1 : first - 1], tokens[first : length - 1])  # without [CLS] and [SEP]
        shown = [["▢" if token == special.mask else token for token in half] for half in halves]
        read.append(" / ".join(_spelt(half, seen.tokenizer) for half in shown))
        hidden = ", ".join(pieces(seen.tokenizer, targets[:count]))
        asked.append(f"{hidden}; the second part {'follows' if follows else 'does not follow'} the first")
    lead = (
        "Two parts of text, a stroke between them, with some words hidden or replaced, beside what the method has to "
        "say: the words in their order, and whether the second part follows the first."
    )
    return DrawnViews(lead, {"read": read, "asked": asked})


def _spelt(tokens: Sequence[int | str], tokenizer: str) -> str:
    """Words, their pieces joined; what is no number stands for itself."""
    words = [token if isinstance(token, str) else pieces(tokenizer, [token])[0] for token in tokens]
    return " ".join(words).replace(" ##", "")
