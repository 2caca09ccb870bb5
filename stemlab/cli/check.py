"""Is this machine ready: what `stemlab check` looks at and prints."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

WEIGHTS = Path(__file__).parent.parent / "weights"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox")


def report() -> int:
    """Print one line a point, `[ok]` or `[missing]` with what to type; 1 when something needed is missing."""
    lacking = 0
    for name, needed, look, mend in points():
        try:
            found = look()
        except Exception as error:  # whatever a broken install raises is the finding
            print(f"[missing]  {name}: {' '.join(str(error).split())}{'' if needed else ' (optional)'}")
            print(f"           {mend}")
            lacking += needed
        else:
            print(f"[ok]       {name}: {found}")
    print("This machine is ready." if not lacking else f"{lacking} missing: type what stands below each.")
    return int(lacking > 0)


def points() -> Iterator[tuple[str, bool, Callable[[], str], str]]:
    """Each point: its name, whether it is needed, a function that describes it or raises, how to mend it."""
    install = 'pip install -c requirements.txt -e "."   (or: make demo)'
    yield "Python", True, _python, "install Python 3.10 to 3.13, then: make demo PYTHON=python3.12"
    yield "PyTorch", True, _torch, install
    yield "weights", True, _weights, "git checkout -- stemlab/weights   (or get the repository again, whole)"
    yield "soundfont", True, _soundfont, "pip install --force-reinstall pretty_midi"
    yield "sound files", True, _sound_files, "pip install --force-reinstall soundfile"
    yield "symusic", True, _symusic, 'pip install "symusic>=0.5.8,<0.6"'
    yield "cores", True, lambda: str(os.cpu_count()), ""
    yield "memory", True, _memory, "close other programs: 2 GB free are enough"
    yield "disk", True, _disk, "free some space: 1 GB is enough"
    yield "JupyterLab", False, lambda: version("jupyterlab"), "make lab   (installs and opens it)"
    yield (
        "browser",
        False,
        _browser,
        "install Chromium or Firefox to open player.html; any other browser does too",
    )


def _python() -> str:
    if not (3, 10) <= sys.version_info[:2] < (3, 14):
        raise RuntimeError(f"{platform.python_version()} is not 3.10 to 3.13")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _torch() -> str:
    import torch

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
    return f"{torch.__version__} ({device})"


def _weights() -> str:
    from stemlab.checkpoints.files import fingerprint, load_weights

    files = sorted(WEIGHTS.glob("*.safetensors"))
    if not files:
        raise RuntimeError(f"no .safetensors in {WEIGHTS}")
    told = []
    for file in files:
        load_weights(file.with_suffix(""))
        told.append(f"{file.stem} {file.stat().st_size / 1e6:.1f} MB sha256 {fingerprint(file.with_suffix(''))}")
    return ", ".join(told)


def _soundfont() -> str:
    spec = find_spec("pretty_midi")
    folders = (spec.submodule_search_locations if spec else None) or []
    fonts = [font for folder in folders for font in sorted(Path(folder).glob("*.sf2"))]
    if not fonts:
        raise RuntimeError("pretty_midi and its .sf2 are not installed")
    return f"{fonts[0].name} ({fonts[0].stat().st_size / 1e6:.1f} MB)"


def _sound_files() -> str:
    import soundfile

    lacking = {"WAV", "FLAC", "OGG"} - set(soundfile.available_formats())
    if lacking:
        raise RuntimeError(f"libsndfile {soundfile.__libsndfile_version__} lacks {', '.join(sorted(lacking))}")
    return f"WAV, FLAC, OGG by libsndfile {soundfile.__libsndfile_version__}"


def _symusic() -> str:
    import symusic  # noqa: F401  (that it loads is the point)

    if not version("symusic").startswith("0.5."):
        raise RuntimeError(f"{version('symusic')} does not work with NumPy")
    return version("symusic")


def _memory() -> str:
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return "not told by this system"
    told = {line.split(":")[0]: int(line.split()[1]) for line in meminfo.read_text().splitlines()}
    free = told["MemAvailable"] / 1e6
    if free < 1:
        raise RuntimeError(f"{free:.1f} GB free")
    return f"{free:.1f} GB free of {told['MemTotal'] / 1e6:.1f}"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < 0.5:
        raise RuntimeError(f"{free:.1f} GB free here")
    return f"{free:.0f} GB free here"


def _browser() -> str:
    found = [name for name in BROWSERS if shutil.which(name)]
    if not found and sys.platform.startswith("linux"):
        raise RuntimeError("none found")
    return ", ".join(found) or "the system's own"
