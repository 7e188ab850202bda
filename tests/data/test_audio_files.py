"""Folders of sound files: what is found, what is read, what is refused."""

import pickle
import sys

import numpy as np
import pytest
import soundfile
from sound_files import encoded, tone, write

from selftaught.core import UserError
from selftaught.data import AudioSource, audio_decode, audio_source, open_audio


def test_a_flat_folder_has_no_classes_and_other_files_are_counted(tmp_path):
    for number in range(3):
        write(tmp_path / f"{number}.wav", tone(800 + 100 * number))
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / ".hidden.wav").write_bytes(b"")
    splits = open_audio(tmp_path)
    assert splits.train.labels is None
    assert splits.test is splits.everything is None
    assert list(splits.train.keys) == ["0.wav", "1.wav", "2.wav"]
    assert (
        splits.found == "folder of 3 recordings, 8,000 Hz, 0.338 s in all, 0.1 to 0.125 s each; 1 other files ignored"
    )
    assert splits.train.batch([2, 0]).lengths.tolist() == [1000, 800]


def test_sub_folders_are_classes(tmp_path):
    for name in ("cat/a.wav", "cat/b.flac", "dog/c/d.ogg"):
        write(tmp_path / "sounds" / name, tone(800))
    train = open_audio(tmp_path).train
    assert train.classes == ("cat", "dog")
    assert train.labels.tolist() == [0, 0, 1]
    assert open_audio(tmp_path, labelled=False).train.labels is None
    write(tmp_path / "sounds" / "loose.wav", tone(800))
    assert open_audio(tmp_path).train.labels is None


def test_train_and_test_are_parts_whose_classes_agree(tmp_path):
    for name in ("train/a/1.wav", "train/b/2.wav", "Test/b/3.wav"):
        write(tmp_path / name, tone(800))
    splits = open_audio(tmp_path)
    assert splits.train.labels.tolist() == [0, 1]
    assert splits.test.labels.tolist() == [1]
    assert splits.test.classes == ("a", "b")
    write(tmp_path / "Test/bb/4.wav", tone(800))
    with pytest.raises(UserError, match=r"class 'bb' is not among the 2 classes of .*did you mean 'b'"):
        open_audio(tmp_path)


def test_the_test_part_is_handed_out_at_the_rate_of_the_training_part(tmp_path):
    write(tmp_path / "train/1.wav", tone(800))
    write(tmp_path / "test/2.wav", tone(1600, rate=16000), rate=16000)
    splits = open_audio(tmp_path)
    assert splits.test.sample_rate_hz == 8000
    assert splits.test.batch([0]).lengths.tolist() == [800]
    assert f"1 of {tmp_path.name}/test resampled from 16,000 Hz to 8,000 Hz" in splits.found


def test_every_format_gives_the_same_sound(tmp_path):
    for ending in ("wav", "flac", "ogg", "mp3"):
        write(tmp_path / f"x.{ending}", tone(16000, rate=16000), rate=16000)
    source = open_audio(tmp_path).train
    batch = source.batch(range(4))
    expected = tone(16000, rate=16000)
    for key, samples, length in zip(source.keys, batch.values.numpy(), batch.lengths.tolist(), strict=True):
        assert abs(length - 16000) <= (1200 if key.endswith("mp3") else 0), key
        inside = slice(4000, 12000)
        assert np.abs(samples[inside] - expected[inside]).max() < 0.05, key


def test_two_rates_are_resampled_to_the_most_common_and_it_is_said(tmp_path):
    write(tmp_path / "a.wav", tone(8000))
    write(tmp_path / "b.wav", tone(8000, hertz=1000))
    write(tmp_path / "c.wav", tone(44100, rate=44100), rate=44100)
    splits = open_audio(tmp_path)
    assert splits.train.sample_rate_hz == 8000
    assert splits.found.endswith("1 resampled from 44,100 Hz to 8,000 Hz")
    sound = splits.train.batch([2])
    assert sound.lengths.tolist() == [8000]
    assert np.abs(sound.values[0, 200:-200].numpy() - tone(8000)[200:-200]).max() < 2e-3
    asked = open_audio(tmp_path, sample_rate_hz=16000)
    assert asked.train.batch([0]).lengths.tolist() == [16000]
    assert "2 resampled from 8,000 Hz to 16,000 Hz; 1 resampled from 44,100 Hz" in asked.found


def test_stereo_becomes_the_mean_and_it_is_said(tmp_path):
    write(tmp_path / "a.wav", np.stack([tone(800), np.zeros(800, np.float32)], 1))
    splits = open_audio(tmp_path)
    assert splits.found.endswith("1 with several channels, mixed to one")
    assert np.abs(splits.train.batch([0]).values[0].numpy() - tone(800) / 2).max() < 1e-3


def broken(tmp_path):
    write(tmp_path / "good.wav", tone(800))
    write(tmp_path / "none.wav", tone(0))
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.mp3").write_text("this is no sound")
    for ending in ("wav", "flac"):
        (tmp_path / f"cut.{ending}").write_bytes(encoded(tone(8000, hertz=1234), form=ending.upper())[:-2000])


def test_what_cannot_be_read_is_passed_over_and_listed(tmp_path):
    broken(tmp_path)
    source = open_audio(tmp_path).train
    assert list(source.keys) == ["good.wav"]
    reasons = dict(source.skipped)
    assert sorted(reasons) == ["cut.flac", "cut.wav", "empty.wav", "none.wav", "text.mp3"]
    assert reasons["none.wav"] == "it has no samples"
    assert reasons["empty.wav"] == "it is empty"
    assert "truncated" in reasons["cut.wav"]
    assert "5 skipped because they could not be read" in open_audio(tmp_path).found


def test_strict_stops_at_what_cannot_be_read(tmp_path):
    broken(tmp_path)
    with pytest.raises(UserError, match=r"cut\.flac cannot be read"):
        open_audio(tmp_path, strict=True)


def test_a_file_that_goes_away_later_is_named(tmp_path):
    write(tmp_path / "a.wav", tone(800))
    source = open_audio(tmp_path).train
    (tmp_path / "a.wav").unlink()
    with pytest.raises(UserError, match=r"a\.wav cannot be read after all"):
        source.batch([0])


def test_nothing_at_all_says_what_was_expected(tmp_path):
    with pytest.raises(UserError, match="holds no recordings: it is empty"):
        open_audio(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UserError, match=r"holds no recordings: 1 other files; recordings end in \.wav"):
        open_audio(tmp_path)
    (tmp_path / "a.wav").write_text("x")
    with pytest.raises(UserError, match=r"none of 1 recordings could be read: a\.wav"):
        open_audio(tmp_path)
    with pytest.raises(UserError, match=r"is one recording: expected the folder"):
        open_audio(tmp_path / "a.wav")
    with pytest.raises(UserError, match=r"did you mean '.*a\.wav'"):
        open_audio(tmp_path / "b.wav")
    with pytest.raises(UserError, match="the classes of a folder are its sub-folders"):
        open_audio(tmp_path, label="digit")


def test_opening_decodes_nothing_and_a_segment_no_more_than_itself(tmp_path, monkeypatch):
    write(tmp_path / "long.wav", tone(80000))
    read: list[int] = []
    original = soundfile.SoundFile.read
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda self, n=-1, **k: read.append(n) or original(self, n, **k))
    monkeypatch.setattr(audio_source, "MEMORY_BYTES", 0)
    source = open_audio(tmp_path).train
    assert sum(read) <= 1
    read.clear()
    part = source.segment([0], [4000], [100])
    assert sum(read) == 100
    assert np.abs(part.values[0].numpy() - tone(80000)[4000:4100]).max() < 1e-3


@pytest.mark.parametrize("rate", [16000, 11025, 6000, 44100])
def test_a_segment_of_a_resampled_recording_is_cut_from_the_whole(tmp_path, monkeypatch, rate):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * rate).astype(np.float32)
    write(tmp_path / "a.wav", noise, rate=rate)
    kept = open_audio(tmp_path, sample_rate_hz=8000).train
    whole = kept.batch([0]).values[0]
    assert len(whole) == kept.sample_counts[0] == 24000
    monkeypatch.setattr(audio_source, "MEMORY_BYTES", 0)
    by_part = open_audio(tmp_path, sample_rate_hz=8000).train
    for start, count in ((0, 50), (7, 1000), (11111, 2000), (23900, 100)):
        for source in (kept, by_part):
            part = source.segment([0], [start], [count]).values[0]
            assert (part - whole[start : start + count]).abs().max() < 1e-6


def test_segments_outside_of_a_recording_are_refused(tmp_path):
    write(tmp_path / "a.wav", tone(800))
    source = open_audio(tmp_path).train
    for start, count in ((-1, 5), (0, 0), (790, 11)):
        with pytest.raises(UserError, match="segments inside the recordings"):
            source.segment([0], [start], [count])


def test_sources_can_be_sent_and_cut(tmp_path):
    for number in range(4):
        write(tmp_path / f"{number}.wav", tone(100 * (number + 1)))
    source = open_audio(tmp_path).train.take([3, 1])
    source.batch([0, 1])
    sent = pickle.loads(pickle.dumps(source))
    assert isinstance(sent, AudioSource)
    assert sent.batch([0, 1]).lengths.tolist() == source.sample_counts.tolist() == [400, 200]
    assert sent.facts() == {
        "sample_rate_hz": 8000,
        "seconds": 0.075,
        "shortest_seconds": 0.025,
        "longest_seconds": 0.05,
    }


def test_without_soundfile_the_extra_is_named(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", tone(800))
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UserError, match=r"pip install selftaught\[audio\]"):
        open_audio(tmp_path)


def test_a_float_file_with_samples_that_are_no_numbers_is_named(tmp_path):
    (tmp_path / "a.wav").write_bytes(encoded(np.array([0.0, np.nan, 0.1], np.float32), subtype="FLOAT"))
    with pytest.raises(UserError, match=r"a\.wav cannot be read after all: some samples are not finite"):
        open_audio(tmp_path).train.batch([0])
    with pytest.raises(audio_decode.BrokenAudio, match="1 samples early"):
        audio_decode.read_part(encoded(tone(10)), 5, 6)
