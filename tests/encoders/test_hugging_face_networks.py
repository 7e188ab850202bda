"""Networks of transformers: what is opened is what `save_pretrained` left, and vectors are the network's own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Sequences, Texts, UserError
from selftaught.encoders import AudioPreprocessing, Preprocessing, hugging_face, open_hugging_face
from selftaught.encoders.hugging_face_networks import HuggingFaceImages, HuggingFaceTokens

transformers = pytest.importorskip("transformers")

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
PICTURES = {**SMALL, "image_size": 32, "patch_size": 8}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "sat", "on", "the", "mat"]


@pytest.fixture(scope="module", autouse=True)
def _reproducible():
    torch.manual_seed(0)


def saved(folder: Path, network, *processors) -> Path:
    for each in (network, *processors):
        each.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    processor = transformers.ViTImageProcessor(size={"height": 32, "width": 32}, image_std=(0.2, 0.3, 0.4))
    network = transformers.ViTModel(transformers.ViTConfig(**PICTURES)).eval()
    return saved(tmp_path_factory.mktemp("vit"), network, processor), network, processor


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = transformers.BertTokenizerFast(vocab={word: place for place, word in enumerate(WORDS)})
    configuration = transformers.BertConfig(**SMALL, vocab_size=len(WORDS), max_position_embeddings=20)
    network = transformers.BertModel(configuration).eval()
    return saved(folder, network, tokenizer), network, tokenizer


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory):
    convolutions = {"conv_dim": (16, 16), "conv_kernel": (10, 8), "conv_stride": (5, 8), "num_feat_extract_layers": 2}
    positions = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    network = transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**SMALL, **convolutions, **positions)).eval()
    extractor = transformers.Wav2Vec2FeatureExtractor(sampling_rate=8000, do_normalize=True)
    return saved(tmp_path_factory.mktemp("wav2vec2"), network, extractor), network, extractor


def test_images_are_seen_as_the_folder_says_and_give_the_class_token(vit):
    folder, network, processor = vit
    model, told = open_hugging_face(folder, crop_fraction=0.5)
    assert told == f"ViTModel of {folder} (32 features, images of 32 pixels)"
    assert model.preprocessing == Preprocessing(32, 3, (0.5, 0.5, 0.5), (0.2, 0.3, 0.4), 0.5)
    model, _ = open_hugging_face(folder)
    images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    with torch.no_grad():
        found, theirs = model(images), network(**processor(list(images), return_tensors="pt"))
    torch.testing.assert_close(found, theirs.last_hidden_state[:, 0])
    for wrong in (theirs.pooler_output, theirs.last_hidden_state.mean(1), theirs.last_hidden_state[:, 1]):
        assert (found - wrong).abs().max() > 1e-2


@pytest.mark.parametrize(
    ("make", "vector"),
    [
        ("ResNet", lambda found: found.pooler_output.flatten(1)),
        ("ConvNext", lambda found: found.pooler_output),
        ("Dinov2", lambda found: found.last_hidden_state[:, 0]),
        ("IJepa", lambda found: found.last_hidden_state.mean(1)),
    ],
)
def test_each_network_pools_in_its_own_way(tmp_path, make, vector):
    sizes = {
        "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
        "ConvNext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
        "Dinov2": {name: value for name, value in PICTURES.items() if name != "intermediate_size"},
        "IJepa": PICTURES,
    }
    network = getattr(transformers, f"{make}Model")(getattr(transformers, f"{make}Config")(**sizes[make])).eval()
    model, told = open_hugging_face(saved(tmp_path, network))
    assert told.endswith("normalised as ImageNet)")
    items = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(items), vector(network(pixel_values=items)))


def test_a_classifier_gives_its_body_and_clip_its_eyes(tmp_path):
    classifier = transformers.ViTForImageClassification(transformers.ViTConfig(**PICTURES)).eval()
    model, told = open_hugging_face(saved(tmp_path / "classifier", classifier))
    assert told.startswith("ViTModel of")
    items = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        expected = classifier.vit(pixel_values=items).last_hidden_state[:, 0]
        torch.testing.assert_close(model.encoder(items), expected)
    words = {**SMALL, "vocab_size": 50, "max_position_embeddings": 8, "bos_token_id": 0, "eos_token_id": 1}
    both = transformers.CLIPModel(transformers.CLIPConfig(vision_config=PICTURES, text_config=words)).eval()
    model, told = open_hugging_face(saved(tmp_path / "clip", both))
    assert (model.kind, told.split()[0]) == ("images", "CLIPVisionModel")
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(items), both.vision_model(pixel_values=items).pooler_output)


def test_a_masked_autoencoder_sees_every_patch(tmp_path):
    network = transformers.ViTMAEModel(transformers.ViTMAEConfig(**PICTURES, mask_ratio=0.75))
    model, _ = open_hugging_face(saved(tmp_path, network))
    items = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(items), model.encoder(items), rtol=1e-4, atol=1e-5)


def test_texts_go_through_their_own_tokenizer_and_padding_counts_for_nothing(bert):
    folder, network, tokenizer = bert
    model, told = open_hugging_face(folder)
    assert told == f"BertModel of {folder} (32 features, texts of up to 18 tokens)"
    assert (model.kind, model.preprocessing.max_tokens) == ("text", 18)
    texts = ("the cat sat on the mat", "a cat")
    with torch.no_grad():
        found = model(Texts(texts))
        alone = [network(**tokenizer(text, return_tensors="pt")).last_hidden_state for text in texts]
        padded = network(**tokenizer(list(texts), padding=True, return_tensors="pt")).last_hidden_state.mean(1)
    torch.testing.assert_close(found, torch.cat([each.mean(1) for each in alone]))
    assert (found[1] - padded[1]).abs().max() > 1e-3, "a mean over padding is another vector"
    assert (found[0] - alone[0][0, 0]).abs().max() > 1e-2, "the class token is another vector"
    assert model.preprocessing(Texts(("cat " * 40,))).lengths.tolist() == [18]
    with pytest.raises(UserError, match="at least one token"):
        HuggingFaceTokens(lambda texts, **_: {"input_ids": [[] for _ in texts]}, max_tokens=5)(Texts(("",)))


def test_recordings_of_any_length_have_the_vectors_they_have_alone(wav2vec2):
    folder, network, extractor = wav2vec2
    model, told = open_hugging_face(folder)
    assert told == f"Wav2Vec2Model of {folder} (32 features, recordings at 8,000 samples a second)"
    assert model.preprocessing == AudioPreprocessing(8000, None)
    several = [0.1 + torch.randn(length) for length in (900, 1700, 900)]
    with torch.no_grad():
        found = model(Sequences.of(several))
        for vector, samples in zip(found, several, strict=True):
            values = extractor(samples.numpy(), sampling_rate=8000, return_tensors="pt").input_values
            torch.testing.assert_close(vector, network(values).last_hidden_state[0].mean(0), rtol=1e-4, atol=1e-5)
        padded = network(Sequences.of(several).values).last_hidden_state.mean(1)
        assert (found[0] - padded[0]).abs().max() > 1e-2
        assert model(Sequences.of([torch.randn(5)])).isfinite().all()


def test_what_cannot_be_opened_is_refused_in_one_line(vit, bert, tmp_path, monkeypatch):
    folder, network, _ = vit

    def refused(said: str, folder: Path) -> None:
        with pytest.raises(UserError, match=said) as raised:
            open_hugging_face(folder)
        assert "\n" not in str(raised.value)

    pickled = tmp_path / "pickled"
    network.config.save_pretrained(pickled)
    torch.save(network.state_dict(), pickled / "pytorch_model.bin")
    refused("no weights in .*pickled: expected model.safetensors", pickled)
    decoder = transformers.T5Config(d_model=32, d_kv=16, d_ff=32, num_layers=1, num_heads=2, vocab_size=20)
    refused("an encoder with a decoder", saved(tmp_path / "t5", transformers.T5Model(decoder)))
    deeper = saved(tmp_path / "deeper", network)
    (deeper / "config.json").write_text(json.dumps({**network.config.to_dict(), "num_hidden_layers": 3}))
    refused(r"do not fit ViTModel: without \S+ and \d+ more", deeper)
    (deeper / "config.json").write_text(json.dumps({"model_type": "a_network_of_tomorrow"}))
    refused("transformers cannot open .*deeper: ", deeper)
    wordless = saved(tmp_path / "wordless", bert[1])
    refused("no tokenizer in .*wordless: expected tokenizer.json", wordless)
    larger = saved(tmp_path / "larger", network)
    (larger / "preprocessor_config.json").write_text(json.dumps({"size": 48}))
    refused("ViTModel of .*larger cannot be used: .*48", larger)
    (larger / "preprocessor_config.json").write_text("{")
    refused("preprocessor_config.json is damaged", larger)
    monkeypatch.setattr(hugging_face, "find_spec", lambda name: None)
    refused(r"needs the package transformers: pip install 'selftaught\[huggingface\]'", folder)


def test_a_network_that_draws_is_refused():
    class Drawn(nn.Module):
        def forward(self, pixel_values):
            return {"last_hidden_state": torch.randn(len(pixel_values), 8, 2, 2)}

    with pytest.raises(UserError, match="other vectors every time"):
        HuggingFaceImages(Drawn(), image_size=32, channels=3)


def test_opening_leaves_the_voice_of_transformers_as_it_was(vit, capfd):
    logs = transformers.utils.logging
    before = (logs.get_verbosity(), logs.is_progress_bar_enabled())
    open_hugging_face(vit[0])
    assert (logs.get_verbosity(), logs.is_progress_bar_enabled()) == before
    assert capfd.readouterr() == ("", "")


def test_the_sizes_that_processors_write():
    sides = [{"height": 40, "width": 32}, {"shortest_edge": 32}, 32, [32, 40]]
    assert [hugging_face._side(each) for each in sides] == [32] * 4
    assert np.isclose(sum(hugging_face._IMAGENET[0]) / 3, 0.449)


def test_opening_leaves_torch_as_it_was(vit):
    """Transformers swaps `torch.linspace` while it loads, which torch would remember if it looked then."""
    torch.utils._device._device_constructors.cache_clear()
    open_hugging_face(vit[0])
    with torch.device("meta"):
        assert torch.linspace(0, 1, 3).device.type == "meta"
