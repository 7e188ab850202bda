"""From raw data of each kind to an evaluated encoder: the same commands for texts, nodes and recordings."""

import json

import numpy as np
import pytest
import torch

import selftaught
from selftaught.core import UserError
from selftaught.runs.embedding import embed
from selftaught.runs.kinds import kind_named

RANDOM = np.random.default_rng(0)
WORDS = {"weather": "rain sun wind snow cloud storm".split(), "food": "bread soup rice salt apple cheese".split()}
TINY = {"epochs": 1, "device": "cpu", "precision": "float32"}


def corpus(path):
    """Twelve documents of two topics, as rows with labels."""
    with path.open("w") as file:
        for row in range(24):
            topic = list(WORDS)[row % 2]
            sentences = [" ".join(RANDOM.choice(WORDS[topic], 5)) + "." for _ in range(4)]
            file.write(json.dumps({"text": " ".join(sentences), "label": topic}) + "\n")
    return path


def graph(path):
    """Two groups of nodes, linked inside, with masks as Cora has them."""
    group = np.arange(24) % 2
    edges = np.array([(a, b) for a in range(24) for b in range(24) if a != b and group[a] == group[b]]).T
    features = np.eye(2)[group].repeat(4, 1) + 0.1 * RANDOM.random((24, 8))
    masks = {"train_mask": np.arange(24) < 12, "val_mask": np.zeros(24, bool), "test_mask": np.arange(24) >= 16}
    np.savez(path, x=features, edge_index=edges, y=group, **masks)
    return path


def recordings(folder):
    """High and low tones of two speakers, of different lengths."""
    import pyarrow
    import soundfile
    from pyarrow import parquet

    rows = []
    for row in range(24):
        seconds = np.arange(1200 + 40 * row) / 8000
        tone = np.sin(2 * np.pi * (300 if row % 2 else 1500) * seconds) + 0.1 * RANDOM.standard_normal(len(seconds))
        soundfile.write(folder / "one.wav", 0.3 * tone, 8000)
        sound = {"bytes": (folder / "one.wav").read_bytes(), "path": f"{row}.wav"}
        rows.append({"audio": sound, "pitch": row % 2, "speaker": f"s{row % 4}"})
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "tones.parquet")
    return folder / "tones.parquet"


@pytest.fixture
def texts_run(tmp_path):
    data = corpus(tmp_path / "texts.jsonl")
    settings = TINY | {"batch_size": 8, "max_tokens": 32, "encoder.width": 16, "encoder.layers": 1, "encoder.heads": 2}
    return selftaught.pretrain("bert", data, tmp_path / "run", settings=settings | {"vocabulary_size": 120}), data


@pytest.fixture
def graph_run(tmp_path):
    data = graph(tmp_path / "graph.npz")
    return selftaught.pretrain("dgi", data, tmp_path / "run", settings=TINY | {"encoder.width": 16}), data


def test_a_graph_is_not_embedded_in_pieces(tmp_path):
    with pytest.raises(UserError, match="--embed-in-pieces: nodes of one batch"):
        selftaught.pretrain("dgi", graph(tmp_path / "graph.npz"), tmp_path / "run", settings={"embed_in_pieces": 4})
    assert not (tmp_path / "run").exists()


@pytest.fixture
def audio_run(tmp_path):
    data = recordings(tmp_path)
    settings = TINY | {"batch_size": 8, "encoder.channels": 8, "encoder.context_width": 8, "steps_ahead": 2}
    return selftaught.pretrain("cpc_speech", data, tmp_path / "run", settings=settings), data


def table(run, data, **options):
    out = run.path.parent / "vectors.npz"
    with np.load(embed(run, data, out, overwrite=True, **options)) as arrays:
        return dict(arrays)


def test_texts(texts_run):
    run, data = texts_run
    assert (run.record.data.kind, run.record.data.items) == ("text", 24)
    assert run.record.data.facts["bytes"] > 100
    assert "tokenizer" not in run.record.preprocessing  # a page of JSON, which the encoder's folder holds
    found = selftaught.evaluate(run, data)
    assert found["items"] == {"train": 19, "test": 5}
    assert set(found["energy"]) == {"trained", "start"}
    assert all(0 <= area <= 1 for area in found["energy"]["trained"].values())
    token = found["own_task"]["masked_token_accuracy"]
    assert 0 < token["chance"] < 1
    assert 0 <= token["at_start"] <= 1
    assert "<h2>Its own task</h2>" in run.folder.report.read_text()
    assert "TF-IDF" in run.folder.report.read_text()
    encoder = selftaught.load_encoder(run)
    assert encoder(["rain and snow", "bread"]).shape == (2, 16)
    assert torch.allclose(
        encoder("bread"), encoder(["rain and snow", "bread"])[1:], atol=1e-5
    )  # padding changes nothing
    tokens = table(run, data, positions=True)
    assert len(tokens["embedding"]) > 24 * 10
    assert tokens["position"][:3].tolist() == [0, 1, 2]
    assert set(tokens["label"]) == set(WORDS)


def test_texts_are_corrupted_and_not_attacked(texts_run):
    run, data = texts_run
    with pytest.raises(UserError, match="attack: needs an encoder of images, and this one is of text"):
        selftaught.evaluate(run, "no such data", protocols="corruptions,attack")
    found = selftaught.evaluate(run, data, protocols="corruptions,views")
    assert list(found["protocols"]["corruptions"]["corruptions"]) == ["character_noise"]
    assert found["controls"]["random_start"]["corruptions"]["items"] == 5
    assert any(note.startswith("alignment and LiDAR:") for note in found["notes"])  # its views are of pairs, not texts
    assert "character noise" in run.folder.report.read_text()


def test_texts_in_another_column_and_encoding(texts_run, tmp_path):
    run, _ = texts_run
    lines = ["question,answer,kind", *(f"{word} café,no,{topic}" for topic in WORDS for word in WORDS[topic])]
    (tmp_path / "other.csv").write_bytes("\n".join(lines).encode("latin-1"))
    rows = table(run, tmp_path / "other.csv", text_column="question", encoding="latin-1", label="kind")
    assert set(rows["label"]) == set(WORDS)
    assert len(rows["embedding"]) == 12
    with pytest.raises(UserError, match="encoding: data of the kind graph are not read by it"):
        kind_named("graph").with_reading(None, {"encoding": "latin-1"})


def test_a_text_that_is_cut_is_counted(texts_run):
    run, _ = texts_run
    long = [" ".join(WORDS["food"] * 20)] * 3 + ["rain"] * 3
    found = selftaught.evaluate(run, long)
    assert "3 of 6 texts are longer than 32 tokens, and cut" in found["notes"]
    assert found["protocols"]["knn"]["accuracy"] is None


def test_a_resumed_run_keeps_its_tokenizer(texts_run):
    run, _ = texts_run
    before = (run.folder.encoder / "config.json").read_bytes()
    selftaught.resume(run.path, epochs=1)
    assert (run.folder.encoder / "config.json").read_bytes() == before


def test_a_graph(graph_run):
    run, data = graph_run
    assert (run.record.data.kind, run.record.data.items, run.record.steps) == ("graph", 24, 1)
    assert run.record.values()["batch_size"] == 24  # a graph is one batch
    found = selftaught.evaluate(run, data)
    assert found["items"] == {"train": 12, "test": 8}  # its own split
    assert found["protocols"]["knn"]["accuracy"] == 1.0
    assert list(found["energy"]["trained"]) == ["corrupted features"]
    assert found["own_task"]["discriminator_accuracy"]["chance"] == 0.5
    assert len(table(run, data)["embedding"]) == 24
    assert selftaught.load_encoder(run)(data).shape == (24, 16)
    with pytest.raises(UserError, match="GraphConvolution has one vector an item"):
        table(run, data, positions=True)


def test_recordings_and_speakers_kept_apart(audio_run):
    run, data = audio_run
    assert run.record.data.facts["sample_rate_hz"] == 8000
    found = selftaught.evaluate(run, data, label="pitch", split_by="speaker")
    assert found["items"] == {"train": 18, "test": 6}  # one speaker of four holds a fifth
    assert "whose speaker is" in found["notes"][0]
    frames = table(run, data, positions=True, label="pitch")
    assert frames["position"].max() == (1200 + 40 * 23) // 160 - 1
    with pytest.raises(UserError, match="no column 'speakr' to split by: did you mean 'speaker'"):
        selftaught.evaluate(run, data, label="pitch", split_by="speakr")
    with pytest.raises(UserError, match="expected recordings as paths or as arrays"):
        selftaught.load_encoder(run)(7)


def test_data_of_another_kind_are_named(texts_run, tmp_path):
    run, data = texts_run
    with pytest.raises(UserError, match=r"simclr learns from images, and .*texts.jsonl holds text"):
        selftaught.pretrain("simclr", data, tmp_path / "other")
    with pytest.raises(UserError, match="bert learns from text, and fashion-mnist-10k holds images"):
        selftaught.evaluate(run, "fashion-mnist-10k")
    with pytest.raises(UserError, match="holds an encoder of text, and the method's is one of images"):
        selftaught.pretrain("simclr", "fashion-mnist-10k", tmp_path / "other", weights=run.path)
    assert not (tmp_path / "other").exists()


def test_what_a_method_makes_is_kept_and_shown(tmp_path):
    images = RANDOM.integers(0, 256, (16, 16, 16), dtype=np.uint8)
    sizes = {"batch_size": 8, "decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2}
    run = selftaught.pretrain("mae", images, tmp_path / "run", settings=TINY | sizes)
    names = [file.name for file in sorted(run.folder.pictures.iterdir())]
    assert names == ["0-visible.png", "1-filled.png", "2-original.png"]
    page = run.folder.report.read_text()
    assert page.index("visible</figcaption>") < page.index("filled</figcaption>") < page.index("original</figcaption>")
    repeated = selftaught.pretrain(
        "simclr", images, tmp_path / "run", settings=TINY | {"batch_size": 8}, overwrite=True
    )
    assert not repeated.folder.pictures.exists()  # those of the run before are gone
