"""Published codecs with the methods of `StemCodec`; latents are normalised by statistics of one's own music.

- Oobleck (arXiv:2407.14358; diffusers; 44.1 kHz stereo, 64 channels at 21.5 Hz): the mean of its posterior, no sample.
- EnCodec (arXiv:2210.13438; transformers; 24 or 32 kHz mono, 48 kHz stereo; 128 channels): what its encoder says, not
  quantised. The one at 48 kHz learned from single seconds brought to one volume. Here it reads a whole piece as it is;
  it normalises over time inside, so its latents depend somewhat on all of the piece: keep to windows of one length.
- DAC (arXiv:2306.06546; transformers; 44.1 kHz mono, 72 channels at 86 Hz): the projections that its 9 codebooks are
  asked for, joined. The way back takes the nearest entries of the codebooks, as DAC itself does.

Lesson: 02_latents.ipynb
"""

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stemlab.checkpoints.files import fingerprint, load_weights, save_weights, statistics, without_bars
from stemlab.checkpoints.folders import clean_path
from stemlab.checkpoints.json_files import read_json
from stemlab.codec.audio import periodic

KINDS = {  # as config.json says it: library, class, file of weights, and what the latent's size is called
    "AutoencoderOobleck": ("diffusers", "AutoencoderOobleck", "diffusion_pytorch_model", "decoder_input_channels"),
    "encodec": ("transformers", "EncodecModel", "model", "hidden_size"),
    "dac": ("transformers", "DacModel", "model", "codebook_dim"),
}
FACTS = ("kind", "sample_rate", "frame", "sides", "channels")


class PublishedCodec:
    """A published network and the statistics of its latents; made by `from_pretrained`, `fit` or `load`.

    Args:
        model: the library's network, on any device; audio and latents come and go on the CPU.
        kind: a key of KINDS.  origin: source, subfolder, revision and sha256 of the weights.
        mean, std: of each latent channel, `(C,)`; 0 and 1 by default.
    Attributes: sample_rate in Hz, frame in samples, sides (1 mono, 2 stereo), channels (C), mean and std `(C, 1)`.
    """

    def __init__(self, model: Any, kind: str, origin: dict, mean: Any = 0.0, std: Any = 1.0):
        self.model, self.kind, self.origin, told = model.eval().float(), kind, origin, model.config
        self.sample_rate, self.sides = int(told.sampling_rate), getattr(told, "audio_channels", 1)  # DAC is always mono
        self.frame = int(np.prod(told.upsampling_ratios if kind == "encodec" else told.downsampling_ratios))
        self.channels = getattr(told, KINDS[kind][3]) * getattr(told, "n_codebooks", 1)
        self.mean, self.std = (torch.as_tensor(x).float().expand(self.channels)[:, None] for x in (mean, std))

    @classmethod
    def from_pretrained(cls, source: str | Path, allow_download=False, revision: str | None = None) -> "PublishedCodec":
        """Published weights with mean 0 and std 1; `fit` comes next.

        Args:
            source: a folder, or a hub id with the folder inside, if any: "stabilityai/stable-audio-open-1.0/vae".
            allow_download: ask the hub for what is not on this machine yet.
            revision: branch, tag or commit on the hub; `save` keeps the commit.
        Raises:
            ValueError: not there, none of KINDS, no safetensors, weights that do not fit, or no diffusers installed.
        """
        folder = clean_path(source, "codec").absolute()
        origin: dict[str, Any] = {"source": str(folder), "subfolder": "", "revision": None}
        if not folder.is_dir():
            folder, origin = _fetch(str(source), revision, allow_download)
        kind = _kind(folder)
        return cls(_network(folder, kind), kind, {**origin, "sha256": fingerprint(folder / KINDS[kind][2])})

    @classmethod
    def load(cls, folder: str | Path, allow_download=False) -> "PublishedCodec":
        """What `save` wrote, on the published weights; ValueError when those or `folder` are gone, or they are others."""
        folder = clean_path(folder, "codec")
        tensors, about = load_weights(folder / "codec")
        source = f"{about.get('source')}/{about.get('subfolder')}".rstrip("/")
        if source.startswith(".") or Path(source).is_absolute():
            source = os.path.normpath(folder.absolute() / source)
            if not os.path.isdir(source):
                raise ValueError(f"codec: the network of {str(folder)!r} is gone from {source!r}: put it back there")
        found = cls.from_pretrained(source, allow_download, about.get("revision"))
        if about != {**about, "sha256": found.origin["sha256"], **{fact: getattr(found, fact) for fact in FACTS}}:
            raise ValueError(f"codec: {source!r} is another model than {str(folder)!r} was fitted to: fit it again")
        return cls(found.model, found.kind, found.origin, *statistics(tensors, "", folder / "codec", found.channels))

    def to(self, device: str | torch.device) -> "PublishedCodec":
        """Compute on another device; audio and latents come and go on the CPU."""
        self.model.to(device)
        return self

    def save(self, folder: str | Path) -> None:
        """Write `codec.safetensors` and `codec.json` (a source that is a folder: as seen from here), not the network."""
        folder, about = clean_path(folder, "codec"), {**self.origin, **{fact: getattr(self, fact) for fact in FACTS}}
        if Path(about["source"]).is_absolute():
            about["source"] = _seen_from(folder, about["source"])
        mark = torch.tensor([*bytes.fromhex(about["sha256"])], dtype=torch.uint8)  # two networks, two fingerprints
        save_weights(folder / "codec", {"mean": self.mean[:, 0], "std": self.std[:, 0], "network": mark}, about)

    def fit(self, audio: Iterable[torch.Tensor | np.ndarray]) -> "PublishedCodec":
        """The same network with the statistics of real music; a channel that never changes keeps std 1.

        Args:
            audio: pieces as for `encode`, held one at a time; stems that stay below -60 dB are left out.
        Raises:
            ValueError: a piece as in `encode`, or nothing sounds.
        """
        frames, sums = 0, torch.zeros(2, self.channels, dtype=torch.float64)
        for stem in (stem for piece in audio for stem in self._check(piece) if stem.abs().max() >= 1e-3):
            latent = self._latent(stem).double()  # (C, T)
            frames, sums = frames + latent.shape[1], sums + torch.stack([latent, latent.square()]).sum(2)
        if not frames:
            raise ValueError("audio: nothing sounds above -60 dB: give pieces of the music that the codec is for")
        mean, square = sums / frames
        std = (square - mean.square()).clamp(min=0).sqrt()
        std = std.masked_fill(std <= 1e-6 * (1 + mean.abs()), 1)
        return PublishedCodec(self.model, self.kind, self.origin, mean, std)

    def encode(self, audio: torch.Tensor | np.ndarray) -> torch.Tensor:
        """Encode stems, each on its own.

        Args:
            audio: `(S, N)` mono or `(S, sides, N)`, float in [-1, 1]; padded with silence to whole frames.
        Returns:
            normalised latents `(S, C, T)`, `T = ceil(N / frame)`.
        Raises:
            ValueError: another shape, no samples, or NaN.
        """
        return (torch.stack([self._latent(stem) for stem in self._check(audio)]) - self.mean) / self.std

    @torch.no_grad()
    def decode(self, latents: torch.Tensor, samples: int | None = None, stretch: float = 1.0) -> torch.Tensor:
        """Decode stems, each on its own.

        Args:
            latents: `(S, C, T)`, normalised; ValueError for another shape.
            samples: length to cut to; all `T * frame` by default.
            stretch: how many times as long the sound shall be; its pitch sinks as that of a tape does.
        Returns:
            `(S, samples)` or `(S, sides, samples)` float32 in [-1, 1].
        """
        if latents.ndim != 3 or latents.shape[1] != self.channels or not latents.numel():
            raise ValueError(f"latents have shape {tuple(latents.shape)}: give (stems, {self.channels}, frames)")
        audio = torch.zeros(len(latents), self.sides, latents.shape[2] * self.frame)
        for row, latent in zip(audio, latents.cpu().float() * self.std + self.mean, strict=True):
            latent = latent[None].to(self.model.device)
            latent = self.model.quantizer.from_latents(latent)[0] if self.kind == "dac" else latent
            sound = self.model.decoder(latent)[0, :, : audio.shape[2]]
            row[:, : sound.shape[1]] = sound.clamp(-1, 1)  # with odd strides a few samples at the end stay silent
        audio = audio[:, 0] if self.sides == 1 else audio
        return torch.from_numpy(periodic(audio.numpy(), round(audio.shape[-1] * stretch)))[..., :samples]

    def _check(self, audio: torch.Tensor | np.ndarray) -> torch.Tensor:
        """Stems as `(S, sides, N)`, N whole frames."""
        audio, mono = torch.as_tensor(audio, dtype=torch.float32), self.sides == 1
        if audio.ndim != 3 - mono or not audio.numel() or not (mono or audio.shape[1] == self.sides):
            wanted = "(stems, samples)" if mono else f"(stems, {self.sides}, samples)"
            raise ValueError(f"audio has shape {tuple(audio.shape)}: give {wanted} with at least one sample")
        if not audio.isfinite().all():
            raise ValueError("audio holds NaN or infinite samples: clean it first, for example with numpy.nan_to_num")
        return torch.nn.functional.pad(audio[:, None] if mono else audio, (0, -audio.shape[-1] % self.frame))

    @torch.no_grad()
    def _latent(self, stem: torch.Tensor) -> torch.Tensor:
        """What the network makes of one stem, `(sides, N)` to `(C, T)`; in float32, as its makers trained it."""
        with torch.autocast(self.model.device.type, enabled=False):
            latent = self.model.encoder(stem[None].to(self.model.device))
            latent = self.model.quantizer(latent)[2] if self.kind == "dac" else latent
        return latent[0, : self.channels, : stem.shape[1] // self.frame].cpu()  # Oobleck: the mean is the first half


def _kind(folder: Path) -> str:
    """Which of KINDS the folder's config.json says it is."""
    try:
        told = read_json(folder / "config.json")
        kind = told.get("_class_name", told.get("model_type"))
    except (ValueError, AttributeError) as error:
        raise ValueError(f"codec: no config.json of a network in {str(folder)!r} ({error})") from None
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"codec: {str(folder)!r} holds {kind!r}; it takes one of {', '.join(KINDS)}")
    return kind


def _network(folder: Path, kind: str) -> Any:
    """The library's network, all of its weights from the file."""
    library, name, file, _ = KINDS[kind]
    if not (folder / f"{file}.safetensors").is_file():
        raise ValueError(f"codec: no {file}.safetensors in {str(folder)!r}; pickled weights are never loaded")
    try:
        make = getattr(import_module(library), name).from_pretrained
        with without_bars():
            model, told = make(folder, use_safetensors=True, local_files_only=True, output_loading_info=True)
    except ImportError:
        raise ValueError(f'codec: {name} needs {library}, which is missing: pip install -e ".[hub]"') from None
    except Exception as error:  # each library raises its own
        raise ValueError(f"codec: {str(folder)!r} cannot be loaded: {error}".split("\n")[0]) from error
    if told["missing_keys"] or told["mismatched_keys"]:  # they would be random
        raise ValueError(f"codec: the weights in {str(folder)!r} are not all of {name}'s: copy them again")
    return model


def _fetch(source: str, revision: str | None, allow_download: bool) -> tuple[Path, dict[str, Any]]:
    """Folder and origin of a network on the hub; what was fetched before is found without any network."""
    from huggingface_hub import errors, hf_hub_download

    owner, name, inside = [*source.split("/", 2), "", ""][:3]
    repo, place, offline = f"{owner}/{name}", f"{inside}/".lstrip("/"), not allow_download
    try:
        config = Path(hf_hub_download(repo, f"{place}config.json", revision=revision, local_files_only=offline))
        commit = config.parents[len(Path(inside).parts)].name  # of the weights too, whatever is pushed in between
        file = f"{place}{KINDS[_kind(config.parent)][2]}.safetensors"
        hf_hub_download(repo, file, revision=commit, local_files_only=offline)
    except errors.HFValidationError:
        raise ValueError(f"codec: there is no folder {source!r}, and a hub id looks like owner/name") from None
    except OSError as error:
        call = f"PublishedCodec.from_pretrained({source!r}, allow_download=True, revision={revision!r})"
        how = f"fetch it once with --allow-download, or {call}" if offline else str(error).split("\n")[0]
        raise ValueError(f"codec: there is no folder {source!r}, and not all of it from the hub: {how}") from None
    return config.parent, {"source": repo, "subfolder": inside, "revision": commit}


def _seen_from(folder: Path, source: str | Path) -> str:
    """Path of the network's folder relative to another, with a dot first."""
    return "./" + Path(os.path.relpath(source, folder.absolute())).as_posix()


def copy_codec(folder: str | Path, out: str | Path) -> None:
    """Put what `save` wrote into one more folder; a network that lies in a folder stays there, and is found from both."""
    folder, out = Path(folder), Path(out)
    tensors, about = load_weights(folder / "codec")
    if str(about.get("source")).startswith("."):
        about["source"] = _seen_from(out, folder.absolute() / about["source"])
    save_weights(out / "codec", tensors, about)
