"""ONNX Runtime for browsers: one pinned package of npm, fetched once by npm itself, checked, and kept in the user's cache."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from stemlab.checkpoints.cache import cache_folder, writable_cache
from stemlab.checkpoints.folders import atomic_folder

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="  # SHA-512 of it
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")  # the script, and what it computes with
ARCHIVE = f"{PACKAGE}-{VERSION}.tgz"


def kept_folder() -> Path:
    """Where the runtime is kept, in the user's cache."""
    return cache_folder() / f"{PACKAGE}-{VERSION}"


def runtime_files() -> list[Path]:
    """The runtime's files on this machine; the first time they are fetched with npm (33 MB).

    Raises:
        ValueError: no npm, no network, or another package than the pinned one; says how to help.
    """
    folder = kept_folder()
    if not all((folder / name).is_file() for name in FILES):
        writable_cache()
        with TemporaryDirectory() as place:
            unpack(fetch(Path(place)), folder)
    return [folder / name for name in FILES]


def fetch(place: Path) -> Path:
    """The package's archive, packed by npm into a folder."""
    npm = shutil.which("npm")
    by_hand = f"or unpack {', '.join(FILES)} of {PACKAGE} {VERSION} into {str(kept_folder())!r}"
    if npm is None:
        raise ValueError(f"the page needs {PACKAGE} of npm, and npm is not here: install Node.js, {by_hand}.")
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(place), "--silent"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode or not (place / ARCHIVE).is_file():
        why = (found.stderr.strip().splitlines() or ["no answer"])[-1][:120]
        raise ValueError(f"npm could not fetch {PACKAGE} {VERSION} ({why}): go online once, {by_hand}.")
    return place / ARCHIVE


def unpack(archive: Path, folder: Path) -> None:
    """Put the runtime's files into a folder; ValueError unless the archive is the pinned one."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode("ascii")
    if digest != INTEGRITY:
        raise ValueError(f"{archive.name}: its SHA-512 is {digest}, not the pinned one; it is another package.")
    with tarfile.open(archive) as packed, atomic_folder(folder, force=True, last=FILES[-1]) as made:
        for name in FILES:
            member = packed.extractfile(f"package/dist/{name}")
            assert member is not None, name
            (made / name).write_bytes(member.read())
