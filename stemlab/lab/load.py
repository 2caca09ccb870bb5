"""Weights, from a folder or from the hub, to a StemLab that makes music with them.

Lesson: 09_train_your_own.ipynb
"""

from pathlib import Path

from stemlab.checkpoints.files import fingerprint, load_weights, network_of
from stemlab.checkpoints.folders import clean_path
from stemlab.checkpoints.hub import codec_folder, fetch, find_parts
from stemlab.checkpoints.text_encoders import PublishedText, fetch_text, network
from stemlab.codec.bundled import WEIGHTS, load_codec
from stemlab.lab.stem_lab import StemLab
from stemlab.lab.student import load_student


def load(
    weights: str | Path | None = None,
    device: str | None = None,
    allow_download: bool = False,
    revision: str | None = None,
) -> "StemLab":
    """Load a codec and a flow.

    Args:
        weights: a folder with `flow`, and `vae` and `vocoder` or `codec`; a run of `stemlab train`, whose codec is the bundled one; or what
            the hub calls it, such as "me/my-band". The bundled weights by default, without any network.
        device: "cpu", "cuda" or "mps", for the flow and the codec; see `StemLab.to`.
        allow_download: ask the hub for weights that are not on this machine yet.
        revision: of weights from the hub.
    Raises:
        ValueError: weights are missing, broken, of another version, or the flow was trained on another codec.
    """
    folder = clean_path(WEIGHTS if weights is None else weights, "weights")
    if not folder.is_dir():
        folder = fetch(str(weights), allow_download, revision)
    parts = find_parts(folder, WEIGHTS)
    codec = load_codec(codec_folder(parts), allow_download=allow_download)
    tensors, config = load_weights(folder / "flow")
    model = network_of(lambda **sizes: network(sizes), config, tensors, folder / "flow")
    if isinstance(model.text, PublishedText):
        fetch_text(model.text.name, allow_download)
    lab = StemLab(model, codec, fingerprint(folder / "flow"), device)
    lab.source = folder
    if "student" in parts:
        lab.student = load_student(parts["student"], model, lab.checkpoint)
        lab.to(device)
    return lab
