"""Frozen T5 and CLAP with random weights, made here: what a published encoder must do in the place of the bundled one."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

import stemlab
from stemlab.checkpoints.files import load_weights
from stemlab.checkpoints.text_encoders import PublishedText, fetch_text
from stemlab.conditions import make_conditions
from stemlab.data.batches import group_batch
from stemlab.data.shards import LatentCache
from stemlab.flow import flow_loss, group_noise, interpolate
from stemlab.text import T5Encoder, tokenize
from stemlab.training.flow import train

WORDS = ["<s>", "<pad>", "</s>", "<unk>", *"bass drums keys slap tight funk kit piano : | , 0 1 2 3 4".split()]
TEXTS = ["bass: slap bass", "drums: tight funk kit", "keys", ""]


def tokenizer(folder):
    from transformers import PreTrainedTokenizerFast

    own = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    own.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()])
    own.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    marks = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=own, **marks).save_pretrained(folder)


@pytest.fixture(scope="module", params=["t5", "clap"])
def name(request, tmp_path_factory):
    """What a config says for a tiny encoder of each kind."""
    from transformers import ClapTextConfig, ClapTextModelWithProjection, T5Config, T5EncoderModel

    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(3)
    if request.param == "t5":
        sizes = dict(d_model=24, d_kv=8, d_ff=32, num_layers=2, num_heads=3, vocab_size=len(WORDS), pad_token_id=1)
        T5EncoderModel(T5Config(**sizes, feed_forward_proj="gated-gelu")).save_pretrained(folder)
    else:
        sizes = dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3, projection_dim=8)
        more = dict(vocab_size=len(WORDS), max_position_embeddings=80, pad_token_id=1)
        ClapTextModelWithProjection(ClapTextConfig(**sizes, **more)).save_pretrained(folder)
    tokenizer(folder)
    return f"{request.param}:{folder}"


@pytest.fixture
def make_told(make_net, name):
    return lambda **sizes: make_net(text=name, text_width=24, **sizes)


def test_texts_become_embeddings_that_differ_and_padding_changes_nothing(name):
    text = PublishedText(name, 24)
    tokens = text.tokenize(TEXTS)
    assert tokens.shape == (4, 64) and not tokens[3].any() and (tokens[:3] != 0).any(1).all()
    read = text(tokens)
    assert read.shape == (4, 64, 24) and not read.requires_grad
    assert not torch.allclose(read[0, 1], read[1, 1])
    short = text(tokens[:, : int((tokens != 0).sum(1).max())])
    for row, length in enumerate((tokens != 0).sum(1)[:3]):
        assert torch.allclose(short[row, :length], read[row, :length], atol=1e-5)
    assert torch.equal(text.tokenize(["BASS: slap  bass"]), tokens[:1])


def test_the_encoder_is_neither_trained_nor_saved_nor_copied(make_told):
    net = make_told()
    before = sum(p.numel() for p in net.parameters())
    net.prepare(make_conditions(TEXTS[:2], 8, 32, tokenize=net.text.tokenize))
    assert sum(p.numel() for p in net.parameters()) == before and not any("encoder" in key for key in net.state_dict())
    twin = copy.deepcopy(net)
    assert not list(twin.text.parameters())
    assert torch.equal(twin.text(twin.text.tokenize(TEXTS)), net.text(net.text.tokenize(TEXTS)))


def test_what_the_text_says_changes_the_velocity_and_its_null_removes_it(make_told):
    net = make_told()
    x, t = torch.randn(2, 32, 12), torch.tensor([0.3, 0.6])

    def velocity(texts, **gone):
        told = make_conditions(texts, 12, 32, tokenize=net.text.tokenize)
        return net(x, t, net.prepare(told.null(**gone) if gone else told, False))

    with torch.no_grad():
        one, other = velocity(["bass", "keys"]), velocity(["drums", "keys"])
        assert not torch.allclose(one[0], other[0]) and torch.allclose(one[1], other[1], atol=1e-6)
        off = {"text": True, "tempo": False, "key": False, "submix": False, "activity": False}
        assert torch.allclose(velocity(["bass", "keys"], **off), velocity(["", ""]), atol=1e-6)


def test_a_network_learns_with_it(make_told, cache):
    net = make_told(std=0).train()
    songs, optimizer = LatentCache(cache).songs, torch.optim.AdamW(net.parameters(), lr=2e-3)
    x, told, *_ = group_batch(songs, np.random.default_rng(2), 6, 24, True, net.frame_seconds, net.text.tokenize)
    generator, losses = torch.Generator().manual_seed(1), []
    noise, t = group_noise(told.group, 32, 24, generator, torch.ones(6)), torch.rand(6, generator=generator)
    for _ in range(12):
        loss = flow_loss(net(interpolate(noise, x, t), t, net.prepare(told, False)), noise, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_a_trained_run_is_loaded_with_its_encoder_and_generates(name, weights, cache, tmp_path):
    model = {"width": 32, "depth": 1, "heads": 2, "text": name, "text_width": 24}
    config = {
        "kind": "flow", "model": model, "codec": str(weights / "vae"), "latents": str(cache), "songs": 0, "seed": 4,
        "sizes": [[4, 16]], "parts": 1, "init": None, "steps": 2, "lr": 1e-3, "cooldown": 0.5, "ema": 0.5, "noise_only": 0.5,
        "given": 0.2, "naming": 0.1, "time_mean": 0.0, "grouped": True, "share_noise": True, "bf16": False, "save_every": 2,
        "log_every": 1,
    }  # fmt: skip
    train(config, tmp_path / "run")
    assert load_weights(tmp_path / "run" / "flow")[1]["model"]["text"] == name
    for part in ("vae", "vocoder"):
        for end in ("json", "safetensors"):
            (tmp_path / "run" / f"{part}.{end}").write_bytes((weights / f"{part}.{end}").read_bytes())
    lab = stemlab.load(tmp_path / "run", "cpu")
    group = lab.generate(["bass: slap bass", "keys"], seconds=1, steps=2, negative="piano")
    assert len(group) == 2 and group.seconds == 1


@pytest.mark.parametrize("text", ["t5:", "bert:base", "", "t5"])
def test_another_kind_is_refused(text, make_net):
    with pytest.raises(ValueError, match="text: got"):
        make_net(text=text)


def test_an_encoder_that_is_not_there_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="fetch it once: hf download me/no-such-encoder"):
        fetch_text("t5:me/no-such-encoder")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="cannot be loaded"):
        fetch_text(f"clap:{tmp_path / 'empty'}")


def test_another_width_is_told(name):
    with pytest.raises(ValueError, match='"text_width": 24'):
        text = PublishedText(name, 32)
        text(text.tokenize(["bass"]))


@pytest.mark.parametrize(("width", "depth", "heads"), [(64, 3, 2), (32, 1, 4)])
def test_the_bundled_encoder_is_the_t5_of_transformers(width, depth, heads):
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=262, d_model=width, d_kv=width // heads, d_ff=2 * width, num_layers=depth, num_heads=heads,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, tie_word_embeddings=False,
    )  # fmt: skip
    theirs, ours = T5EncoderModel(config).eval(), T5Encoder(width, depth, heads)
    ours.load_state_dict(theirs.state_dict())
    tokens = tokenize(["bass: slap bass | funk", "x", "strings: a long, slow pad that comes from far away | " * 3])
    with torch.no_grad():
        want = theirs(input_ids=tokens, attention_mask=(tokens != 0).long()).last_hidden_state
        assert torch.allclose(ours(tokens), want, atol=1e-5)


def test_making_music_does_without_transformers():
    look = (
        "import sys, stemlab; lab = stemlab.load(); lab.generate(['bass'], seconds=1, steps=1);"
        "assert not {'transformers', 'librosa', 'matplotlib', 'plotly'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", look], check=True)
