"""One look at every recording: which can be read, how they differ, at which rate they will be handed out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import Skipped, Track, UserError, nearest, silent
from selftaught.data.audio_decode import BrokenAudio, Header, Reader
from selftaught.data.audio_source import AudioSource
from selftaught.data.decoded_source import threads
from selftaught.data.source import Splits

__all__ = ["Labels", "WantedAudio", "audio_splits", "describe_audio", "survey_audio"]

_AT_ONCE = 1024  # headers


@dataclass(frozen=True, kw_only=True)
class WantedAudio:
    """How the user wants recordings to be opened; `open_audio` explains each value.

    Example:
        >>> from selftaught.data.audio_survey import WantedAudio
        >>> WantedAudio(label="digit").sample_rate_hz is None
        True
    """

    sample_rate_hz: int | None = None
    label: str | None = None
    labelled: bool = True
    strict: bool = False
    track: Track = silent


@dataclass(frozen=True)
class Labels:
    """The class of every recording.

    Args:
        numbers: of the classes; -1 where a recording has none.
        classes: their names, where they have names.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio_survey import Labels
        >>> Labels(np.array([0, -1]), ("one",)).classes
        ('one',)
    """

    numbers: Int[np.ndarray, " n"]
    classes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Found:
    """A source, and what there is to say of how its recordings are stored.

    Args:
        source: the recordings.
        resampled: how many recordings have another rate than the source, by rate.
        mixed: how many have several channels.
    """

    source: AudioSource
    resampled: Mapping[int, int] = field(default_factory=dict[int, int])
    mixed: int = 0


def survey_audio(
    reader: Reader,
    keys: Sequence[str],
    wanted: WantedAudio,
    *,
    name: str,
    labels: Labels | None = None,
    columns: Mapping[str, Shaped[np.ndarray, " n"]] | None = None,
) -> Found:
    """Read what every recording says of itself, leave out the broken ones, and make a source of the others.

    They are handed out at the rate that was asked for, or else at the most common one, of equals the highest.

    Args:
        reader: reads one recording.
        keys: the recordings' names; as many as there are recordings.
        wanted: what the user asked for.
        name: how messages call the source.
        labels: their classes.
        columns: what else is known of each.

    Raises:
        UserError: a recording is broken and `strict`; or none can be read.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio_decode import KeptReader
        >>> from selftaught.data.audio_survey import WantedAudio, survey_audio
        >>> reader = KeptReader([np.zeros(800, np.float32), np.zeros(0, np.float32)], 8000)
        >>> source = survey_audio(reader, ["a", "b"], WantedAudio(), name="two").source
        >>> list(source.keys), source.skipped
        (['a'], (Skipped(key='b', reason='it has no samples'),))
    """
    headers: dict[int, Header] = {}
    skipped: list[Skipped] = []
    for place, outcome in enumerate(wanted.track(_outcomes(reader, len(keys)), f"checking {name}", len(keys))):
        if isinstance(outcome, Header):
            headers[place] = outcome
        elif wanted.strict:
            raise UserError(f"{name}: {keys[place]} cannot be read: {outcome}")
        else:
            skipped.append(Skipped(keys[place], str(outcome)))
    if not headers:
        first = f": {skipped[0].key}: {skipped[0].reason}" if skipped else ""
        raise UserError(f"{name}: none of {len(keys):,} recordings could be read{first}")
    rates = Counter(header.rate for header in headers.values())
    rate = wanted.sample_rate_hz or max(rates, key=lambda each: (rates[each], each))
    good = np.array(sorted(headers), dtype=np.int64)
    source = AudioSource(
        name=name,
        keys=[keys[place] for place in sorted(headers)],
        rows=good,
        labels=None if labels is None else labels.numbers[good],
        classes=None if labels is None else labels.classes,
        skipped=tuple(skipped),
        columns={column: values[good] for column, values in (columns or {}).items()},
        sample_rate_hz=rate,
        reader=reader,
        rates=np.array([headers[place].rate if place in headers else rate for place in range(len(keys))]),
        counts=np.array([headers[place].count if place in headers else 0 for place in range(len(keys))]),
    )
    resampled = {own: number for own, number in sorted(rates.items()) if own != rate}
    return Found(source, resampled, sum(header.channels > 1 for header in headers.values()))


def audio_splits(
    what: str, train: Found, test: Found | None = None, *, notes: Sequence[str] = ()
) -> Splits[AudioSource]:
    """The two parts, with the sentence that says what was found.

    Recordings without a label stay out of `train`, which is learned from with labels, and in `everything`.

    Args:
        what: what the recordings came in, as in "folder".
        train: those to learn from.
        test: those kept out.
        notes: what else to say.

    Raises:
        UserError: the test part has a class that the training part lacks.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.audio_decode import KeptReader
        >>> from selftaught.data.audio_survey import WantedAudio, audio_splits, survey_audio
        >>> reader = KeptReader([np.zeros(800, np.float32), np.zeros((400, 2), np.float32)], 8000)
        >>> audio_splits("list", survey_audio(reader, ["a", "b"], WantedAudio(), name="two")).found
        'list of 2 recordings, 8,000 Hz, 0.15 s in all, 0.05 to 0.1 s each; 1 with several channels, mixed to one'
    """
    source, kept_out = train.source, None if test is None else _with_classes_of(train.source, test.source)
    found = [f"{what} of {describe_audio(source)}"]
    found += [] if kept_out is None else [f"kept out: {describe_audio(kept_out)}"]
    for part in (train, *([] if test is None else [test])):
        of = f" of {part.source.name}" if test is not None else ""
        for rate, number in part.resampled.items():
            found.append(f"{number:,}{of} resampled from {rate:,} Hz to {part.source.sample_rate_hz:,} Hz")
        found += [f"{part.mixed:,}{of} with several channels, mixed to one"] if part.mixed else []
    labelled, nameless = _labelled(source)
    found += [f"{nameless:,} without a label, for pre-training only"] if nameless else []
    if kept_out is not None:
        kept_out, nameless = _labelled(kept_out)
        found += [f"{nameless:,} kept out without a label, left out"] if nameless else []
    return Splits(labelled, kept_out, "; ".join([*found, *notes]), source if labelled is not source else None)


def describe_audio(source: AudioSource) -> str:
    """A source in a few words: how many recordings, classes, which rate, how long.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_audio
        >>> from selftaught.data.audio_survey import describe_audio
        >>> describe_audio(open_audio([np.zeros(16000, np.float32)], sample_rate_hz=16000).train)
        '1 recording, 16,000 Hz, 1 s'
    """
    facts, count = source.facts(), len(source)
    classes = 0 if source.labels is None else len(source.classes or np.unique(source.labels[source.labels >= 0]))
    words = [f"{count:,} {source.nouns[count != 1]}"]
    words += [f"{classes} {'class' if classes == 1 else 'classes'}"] if classes else []
    words.append(f"{source.sample_rate_hz:,} Hz")
    shortest, longest = facts["shortest_seconds"], facts["longest_seconds"]
    if count > 1:
        words.append(f"{_duration(facts['seconds'])} in all")
        words.append(f"{shortest:.3g} to {longest:.3g} s each" if shortest < longest else f"{longest:.3g} s each")
    else:
        words.append(_duration(facts["seconds"]))
    words += [f"{len(source.skipped):,} skipped because they could not be read"] if source.skipped else []
    return ", ".join(words)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} minutes" if seconds < 7200 else f"{seconds / 3600:.3g} hours"


def _outcomes(reader: Reader, count: int) -> Iterator[Header | BrokenAudio]:
    def outcome(place: int) -> Header | BrokenAudio:
        try:
            return reader.header(place)
        except BrokenAudio as error:
            return error

    for start in range(0, count, _AT_ONCE):
        yield from threads().map(outcome, range(start, min(start + _AT_ONCE, count)))


def _labelled(source: AudioSource) -> tuple[AudioSource, int]:
    """Only the recordings that have a label, and how many have none; all of them where none has."""
    if source.labels is None or (source.labels >= 0).all():
        return source, 0
    has = source.labels >= 0
    return source.take(has), int((~has).sum())


def _with_classes_of(train: AudioSource, test: AudioSource) -> AudioSource:
    """The test part with its labels counted in the training part's classes."""
    if train.classes is None or test.classes is None or test.labels is None or train.classes == test.classes:
        return test
    for name in sorted(set(test.classes) - set(train.classes)):
        near = nearest(name, train.classes)
        hint = f": did you mean '{near}'?" if near else ""
        raise UserError(
            f"{test.name}: class '{name}' is not among the {len(train.classes)} classes of {train.name}{hint}"
        )
    numbers = np.array([*(train.classes.index(name) for name in test.classes), -1], dtype=np.int64)
    return replace(test, labels=numbers[test.labels], classes=train.classes)
