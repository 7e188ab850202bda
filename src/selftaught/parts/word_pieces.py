"""Text to numbers and back: a tokenizer as one string that can be kept, sent and compared."""

import json
import string
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from selftaught.core import Source, Track, UserError, silent

__all__ = [
    "Ragged",
    "SpecialTokens",
    "continuing_pieces",
    "load_tokenizer",
    "pieces",
    "special_tokens",
    "tokenize",
    "train_tokenizer",
    "vocabulary_size_of",
]

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_LARGEST_ALPHABET = 1000  # characters
_TOGETHER = 1024  # texts that the library encodes at once, on all its threads


class Ragged(NamedTuple):
    """Sequences of different lengths, one behind the other.

    Args:
        values: of all of them.
        bounds: sequence i stands at values[bounds[i] : bounds[i + 1]].

    Example:
        >>> import numpy as np
        >>> from selftaught.parts.word_pieces import Ragged
        >>> Ragged(np.array([5, 6, 7], np.int32), np.array([0, 2, 3])).lengths().tolist()
        [2, 1]
    """

    values: Int[np.ndarray, " all"]
    bounds: Int[np.ndarray, " n_and_one"]

    def lengths(self) -> Int[np.ndarray, " n"]:
        """How long each sequence is."""
        return np.diff(self.bounds)


class SpecialTokens(NamedTuple):
    """The numbers of the tokens that stand for no text.

    Example:
        >>> from selftaught.parts.word_pieces import SpecialTokens
        >>> SpecialTokens(0, 1, 2, 3, 4).mask
        4
    """

    padding: int
    unknown: int
    first: int
    separator: int
    mask: int


def train_tokenizer(texts: Source | Sequence[str], *, vocabulary_size: int = 8192, track: Track = silent) -> str:
    """A WordPiece tokenizer of the words of some texts, lower-cased, without accents.

    The special tokens [PAD], [UNK], [CLS], [SEP] and [MASK] have the numbers 0 to 4. The same texts give the same
    tokenizer.

    Args:
        texts: a source, which is read twice and may hold more than memory does; or strings.
        vocabulary_size: tokens at most, special ones and single characters included; few texts give fewer.
        track: shows progress.

    Returns:
        The tokenizer as JSON, as `tokenizer.json` files hold it.

    Raises:
        UserError: the extra `text` is not installed, or the vocabulary has no room for words.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3; the pieces are learnt as the library
        `tokenizers` learns them, by merging the pair of pieces that is most frequent.

    Example:
        >>> from selftaught.parts.word_pieces import tokenize, train_tokenizer, vocabulary_size_of
        >>> tokenizer = train_tokenizer(["In the beginning God created the heaven"] * 4, vocabulary_size=60)
        >>> vocabulary_size_of(tokenizer) <= 60, tokenize(tokenizer, ["The HEAVEN", "created"]).lengths().tolist()
        (True, [2, 1])
    """
    tokenizers = _library()
    normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    # The library numbers the pieces inside words in the order of a hash table: given as special, they are sorted.
    inside = [f"##{character}" for character in _characters(texts, normalizer, track)]
    if vocabulary_size < 2 * len(inside) + len(_SPECIAL):
        raise UserError(
            f"vocabulary_size: expected at least {2 * len(inside) + len(_SPECIAL)}, for the {len(inside)} characters "
            f"that these texts have inside and at the beginning of words, got {vocabulary_size}"
        )
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = tokenizers.decoders.WordPiece()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[*_SPECIAL, *inside],
        show_progress=False,
        limit_alphabet=_LARGEST_ALPHABET,
    )
    tokenizer.train_from_iterator(_each(texts, "learning word pieces", track), trainer)
    parts = json.loads(tokenizer.to_str())
    parts["added_tokens"] = [token for token in parts["added_tokens"] if token["content"] in _SPECIAL]
    return json.dumps(parts, ensure_ascii=False)


def _each(texts: Source | Sequence[str], what: str, track: Track) -> Iterator[str]:
    starts = range(0, len(texts), _TOGETHER)
    for start in track(starts, what, len(starts)):
        stop = min(start + _TOGETHER, len(texts))
        yield from texts.batch(range(start, stop)).texts if isinstance(texts, Source) else texts[start:stop]


def _characters(texts: Source | Sequence[str], normalizer: Any, track: Track) -> list[str]:
    """The characters that words may hold, sorted; of very many, the most frequent."""
    counts: Counter[str] = Counter()
    for text in _each(texts, "counting characters", track):
        counts.update(text)
    inside: Counter[str] = Counter()
    for character, count in counts.items():
        for part in normalizer.normalize_str(character).strip():
            if not (part in string.punctuation or unicodedata.category(part)[0] in "PZC"):
                inside[part] += count
    return sorted(sorted(inside, key=lambda part: (-inside[part], part))[:_LARGEST_ALPHABET])


def load_tokenizer(path: Path) -> str:
    """A tokenizer out of a `tokenizer.json` file, as Hugging Face models come with.

    Raises:
        UserError: there is none, it is damaged, or it lacks one of [PAD], [UNK], [CLS], [SEP] and [MASK].

    Example:
        >>> from pathlib import Path
        >>> from selftaught.parts.word_pieces import load_tokenizer
        >>> load_tokenizer(Path("nowhere.json"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no tokenizer at 'nowhere.json': expected a file such as tokenizer.json
    """
    if not path.is_file():
        raise UserError(f"no tokenizer at '{path}': expected a file such as tokenizer.json")
    try:
        tokenizer = path.read_text(encoding="utf-8")
        special_tokens(tokenizer)
    except ValueError as error:  # UserError is one
        raise UserError(f"'{path}' is no tokenizer that can be used: {error}") from error
    return tokenizer


def tokenize(tokenizer: str, texts: Sequence[str]) -> Ragged:
    """The tokens of texts, without special ones, all in one compact array.

    Args:
        tokenizer: as JSON.
        texts: any number.

    Raises:
        UserError: the extra `text` is not installed, or the tokenizer is damaged.

    Example:
        >>> from selftaught.parts.word_pieces import tokenize, train_tokenizer
        >>> tokenizer = train_tokenizer(["one two three"] * 4, vocabulary_size=60)
        >>> tokenize(tokenizer, ["two", "", "one three"]).bounds.tolist()
        [0, 1, 1, 3]
    """
    parsed, pieces, lengths = _parsed(tokenizer), list[np.ndarray](), [0]
    for start in range(0, len(texts), _TOGETHER):
        for found in parsed.encode_batch_fast(list(texts[start : start + _TOGETHER]), add_special_tokens=False):
            pieces.append(np.array(found.ids, dtype=np.int32))
            lengths.append(len(pieces[-1]))
    values = np.concatenate(pieces) if pieces else np.empty(0, np.int32)
    return Ragged(values, np.cumsum(lengths, dtype=np.int64))


@lru_cache(maxsize=8)
def vocabulary_size_of(tokenizer: str) -> int:
    """How many tokens a tokenizer knows: one more than the largest number that it gives.

    Example:
        >>> from selftaught.parts.word_pieces import train_tokenizer, vocabulary_size_of
        >>> vocabulary_size_of(train_tokenizer(["ab"] * 4, vocabulary_size=60))
        10
    """
    return max(_parsed(tokenizer).get_vocab().values()) + 1


@lru_cache(maxsize=8)
def special_tokens(tokenizer: str) -> SpecialTokens:
    """The numbers of a tokenizer's special tokens.

    Raises:
        UserError: it lacks one.

    Example:
        >>> from selftaught.parts.word_pieces import special_tokens, train_tokenizer
        >>> special_tokens(train_tokenizer(["ab"] * 4, vocabulary_size=60))
        SpecialTokens(padding=0, unknown=1, first=2, separator=3, mask=4)
    """
    parsed = _parsed(tokenizer)
    numbers = {name: parsed.token_to_id(name) for name in _SPECIAL}
    missing = [name for name, number in numbers.items() if number is None]
    if missing:
        raise UserError(f"expected a tokenizer with the tokens {', '.join(_SPECIAL)}; it lacks {', '.join(missing)}")
    return SpecialTokens(*numbers.values())


@lru_cache(maxsize=8)
def continuing_pieces(tokenizer: str) -> Bool[np.ndarray, " vocabulary"]:
    """Which tokens go on with the word that the token before them began.

    Raises:
        UserError: the tokenizer's pieces do not tell: it is not of the WordPiece kind.

    Example:
        >>> from selftaught.parts.word_pieces import continuing_pieces, train_tokenizer
        >>> continuing_pieces(train_tokenizer(["ab"] * 4, vocabulary_size=60)).tolist()
        [False, False, False, False, False, True, True, False, False, False]
    """
    parsed = _parsed(tokenizer)
    kind = type(parsed.model).__name__
    if kind != "WordPiece":
        raise UserError(f"whole words: expected a tokenizer of the WordPiece kind, which marks them, got {kind}")
    goes_on = np.zeros(vocabulary_size_of(tokenizer), dtype=np.bool_)
    goes_on[[number for piece, number in parsed.get_vocab().items() if piece.startswith("##")]] = True
    return goes_on


def pieces(tokenizer: str, tokens: Sequence[int]) -> list[str]:
    """How tokens are spelt; one that goes on with a word begins with ##.

    Example:
        >>> from selftaught.parts.word_pieces import pieces, train_tokenizer
        >>> pieces(train_tokenizer(["ab"] * 4, vocabulary_size=60), [2, 3])
        ['[CLS]', '[SEP]']
    """
    parsed = _parsed(tokenizer)
    return [parsed.id_to_token(token) or "[UNK]" for token in tokens]


def _library() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise UserError("texts need the library tokenizers: pip install selftaught[text]") from error
    return tokenizers


@lru_cache(maxsize=8)
def _parsed(tokenizer: str) -> Any:
    library = _library()
    try:
        has_model = "model" in json.loads(tokenizer)
    except (ValueError, TypeError) as error:
        raise UserError(f"expected a tokenizer as JSON: {error}") from error
    if not has_model:
        raise UserError("expected a tokenizer as JSON, with a 'model' in it")
    parsed = library.Tokenizer.from_str(tokenizer)
    parsed.no_padding()
    parsed.no_truncation()
    parsed.encode_special_tokens = True  # a text that says "[SEP]" does not end a sentence
    return parsed
