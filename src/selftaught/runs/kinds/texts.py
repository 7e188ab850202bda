"""Texts: what a run must know of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

import numpy as np
from jaxtyping import Int
from torch import nn

from selftaught.core import Preparation, Source, Texts, Track, UserError, silent
from selftaught.data import Splits, TextSource, open_texts
from selftaught.encoders import TextPreprocessing, TextTransformer
from selftaught.extraction import TfIdf
from selftaught.parts.word_pieces import load_tokenizer, train_tokenizer, vocabulary_size_of
from selftaught.runs.kinds.kind import Kind

if TYPE_CHECKING:
    from selftaught.evaluation import Duplicates
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["TextInput", "TextKind"]

_TOKENS = 2048  # of the control, as wide as a probe still learns from in seconds
_TRIAL_TEXT = "the words of a trial"


@dataclass(frozen=True, kw_only=True)
class TextInput:
    """What the network reads.

    Args:
        tokenizer_file: a tokenizer.json to read texts with; if none is given, one is learned from the texts.
        vocabulary_size: tokens at most of a tokenizer that is learned.
        max_tokens: of a text, special tokens included; what is longer is cut, and how many are is said.
        text_column: the column of a table that holds the texts; if none is given, `text`, or the only one with words.
        encoding: of text files.
        strict: stop at a text that cannot be used, instead of passing it over.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.kinds.texts import TextInput
        >>> TextInput(max_tokens=2)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: max_tokens: expected at least 5, got 2
    """

    tokenizer_file: str | None = None
    vocabulary_size: int = 8192
    max_tokens: int = 128
    text_column: str | None = None
    encoding: str = "utf-8"
    strict: bool = False

    def __post_init__(self) -> None:
        if self.max_tokens < 5:
            raise UserError(f"max_tokens: expected at least 5, got {self.max_tokens}")
        if self.tokenizer_file is not None and not Path(self.tokenizer_file).is_file():
            raise UserError(f"no tokenizer at {self.tokenizer_file}: expected a tokenizer.json")


@final
class TextKind(Kind):
    """Texts of any origin, a tokenizer, and a transformer that reads them.

    Example:
        >>> from selftaught.runs.kinds.texts import TextKind
        >>> TextKind().read("one text", None)
        Texts(texts=('one text',))
    """

    name = "text"
    input_settings = TextInput
    build_encoder: ClassVar[Any] = TextTransformer
    reading = ("text_column", "encoding")
    raw_words = "TF-IDF of the tokens"
    example = "corpus.txt"

    @property
    def decided(self) -> frozenset[str]:
        """The tokenizer, how many tokens it knows, and how many a text may have."""
        return frozenset({"tokenizer", "vocabulary_size", "max_tokens"})

    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """As the preprocessing has them."""
        seen = cast("TextPreprocessing", preparation)
        size = vocabulary_size_of(seen.tokenizer)
        return {"tokenizer": seen.tokenizer, "vocabulary_size": size, "max_tokens": seen.max_tokens}

    def open(
        self, data: Any, given: TextInput, *, label: str | None, labelled: bool, track: Track = silent
    ) -> Splits[TextSource]:
        """See `selftaught.data.open_texts`."""
        return open_texts(
            data,
            text_column=given.text_column,
            label=label,
            encoding=given.encoding,
            labelled=labelled,
            strict=given.strict,
            track=track,
        )

    def as_seen(self, preparation: Preparation, *, strict: bool) -> TextInput:
        """As many tokens of a text."""
        return TextInput(max_tokens=cast("TextPreprocessing", preparation).max_tokens, strict=strict)

    def trial(self, given: TextInput) -> TextPreprocessing:
        """With a tokenizer of a few words, or the one that was named."""
        known = given.tokenizer_file
        tokenizer = load_tokenizer(Path(known)) if known else train_tokenizer([_TRIAL_TEXT] * 4, vocabulary_size=64)
        return TextPreprocessing(tokenizer, given.max_tokens)

    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """A tokenizer of these texts, unless one was named or belongs to the weights."""
        given = cast("TextInput", settings.input)
        if isinstance(start.preprocessing, TextPreprocessing):
            preprocessing = TextPreprocessing(start.preprocessing.tokenizer, given.max_tokens)
        elif given.tokenizer_file is not None:
            preprocessing = self.trial(given)
        else:
            tokenizer = train_tokenizer(source, vocabulary_size=given.vocabulary_size)
            preprocessing = TextPreprocessing(tokenizer, given.max_tokens)
        return {"vocabulary_size": vocabulary_size_of(preprocessing.tokenizer)}, preprocessing

    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """TF-IDF of the tokens, learned from the training texts."""
        return TfIdf.fit(cast("TextPreprocessing", preparation), source, features=_TOKENS)

    def find_same(self, train: Source, test: Source) -> "Duplicates":
        """By all words of the texts: TF-IDF knows only the most frequent."""
        from selftaught.evaluation import find_same_texts  # help imports kinds, and this scikit-learn

        return find_same_texts(train, test)

    def read(self, items: Any, preparation: Preparation | None) -> Texts:
        """A string, or several."""
        several = [items] if isinstance(items, str) else items
        if not isinstance(several, list | tuple) or not all(
            isinstance(one, str) for one in cast("list[object]", several)
        ):
            raise UserError(f"expected a text or a list of texts, got {type(items).__name__}")
        return Texts(tuple(cast("list[str]", several)))

    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """The texts themselves."""
        return list(source.batch(rows).texts)

    def left_out(self, preparation: Preparation, source: Source) -> list[str]:
        """How many texts are cut."""
        seen = cast("TextPreprocessing", preparation)
        cut = seen.truncated(source)
        return [f"{cut:,} of {source.counted()} are longer than {seen.max_tokens} tokens, and cut"] if cut else []

    def recorded(self, preparation: Preparation) -> dict[str, Any]:
        """Without the tokenizer, which the encoder's folder holds."""
        return {name: value for name, value in asdict(preparation).items() if name != "tokenizer"}
