"""`stemlab data inspect`, `names`, `render`, `codec` and `encode`: what a folder of songs holds, MIDI files to stems, songs to latents.

Lesson: 10_bring_your_own_music.ipynb
"""

import argparse
from collections import Counter
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add `data` and its own commands to the command line."""
    data = commands.add_parser("data", help="look into folders of stems; render MIDI files; encode songs to train on")
    inner = data.add_subparsers(metavar="{inspect,names,render,codec,encode}", required=True)

    look = inner.add_parser("inspect", help="songs, hours, stems, rates and problems of a folder")
    look.set_defaults(command=inspect)
    look.add_argument(
        "folder", type=Path, metavar="DIR", help="MUSDB18-HQ, MoisesDB, Slakh2100, or a sub-folder a song"
    )
    look.add_argument("--full", action="store_true", help="read every sample, not the headers alone")

    table = inner.add_parser("names", help="a table of what files are taken for, names.csv, to correct; it is kept")
    table.set_defaults(command=names)
    table.add_argument("folder", type=Path, metavar="DIR", help="a sub-folder a song, a file a stem")

    make = inner.add_parser("render", help="play MIDI files: a folder of stems for each")
    make.set_defaults(command=render)
    make.add_argument("folder", type=Path, metavar="DIR", help="folder of .mid files")
    make.add_argument("--out", type=Path, required=True, help="folder for the songs; goes on where it stopped")
    make.add_argument("--soundfont", help="sf2 or sf3 file (a small General MIDI one)")
    make.add_argument("--effects", action="store_true", help="rooms, amplifiers, compression, told in the captions")

    ready = inner.add_parser("codec", help="make a published codec ready: AutoencoderOobleck, EnCodec or DAC")
    ready.set_defaults(command=codec)
    ready.add_argument("source", metavar="SOURCE", help="folder of its weights, or its name on the hub")
    ready.add_argument("--out", type=Path, required=True, help="folder for the statistics of its latents; new or empty")
    ready.add_argument("--data", type=Path, metavar="DIR", help="music to measure them on (composed songs)")
    ready.add_argument("--pieces", type=int, default=64, help="windows of 12.3 s to measure (64)")
    ready.add_argument("--allow-download", action="store_true", help="fetch the codec from the hub")
    ready.add_argument("--force", action="store_true", help="replace what is in the folder")

    pack = inner.add_parser("encode", help="songs to latents, to train on; goes on where it stopped")
    pack.set_defaults(command=encode)
    pack.add_argument("dataset", type=Path, metavar="DATASET", help="as for inspect")
    pack.add_argument("--out", type=Path, required=True, help="folder of the cache")
    pack.add_argument("--codec", type=Path, help="folder of a codec: a vae, or from data codec (the bundled one)")
    pack.add_argument("--split", default="", help="such as train (all songs)")
    pack.add_argument("--seconds", type=float, help="length of a window (12.288)")
    pack.add_argument("--workers", type=int, help="processes (all cores)")


def inspect(folder: Path, full: bool = False) -> int:
    """`stemlab data inspect`: print what a folder of songs holds and what is wrong in it."""
    from tqdm import tqdm

    from stemlab.data.readers.folders import read_folder

    with tqdm(desc="reading headers", unit="song", leave=False, mininterval=0.5) as bar:
        found = read_folder(folder, lambda _: bar.update())
    if full:
        with tqdm(desc="reading all", total=len(found.songs), unit="song", leave=False, mininterval=0.5) as bar:
            found.verify(lambda _: bar.update())
    stems = [stem for song in found.songs for stem in song.stems]
    files = [source for stem in stems for source in stem.sources]
    formats = Counter(f"{s.rate} Hz {'mono' if s.channels == 1 else f'{s.channels} channels'}" for s in files)
    splits = Counter(song.split for song in found.songs if song.split)
    print(f"{found.kind} in {found.path}")
    print(f"songs     {len(found.songs)}{_told(splits, ' (', ')')}")
    print(f"hours     {sum(song.seconds for song in found.songs) / 3600:.2f}")
    print(f"stems     {len(stems)} from {len(files)} files, {sum(stem.seconds for stem in stems) / 3600:.2f} hours")
    print(f"kinds     {_told(Counter(stem.captions[0].split(':')[0] for stem in stems))}")
    print(f"rates     {_told(formats)}")
    print(f"problems  {len(found.problems)}{'' if full else ' (headers alone: --full reads every sample)'}")
    for problem in found.problems:
        print(f"  {problem}")
    return 0


def names(folder: Path) -> int:
    """`stemlab data names`: write or add to names.csv, which all that reads the folder minds."""
    from stemlab.data.readers.folders import read_folder
    from stemlab.data.readers.names import TABLE, write_names

    found = read_folder(folder)
    if found.kind != "plain":
        raise ValueError(f"DIR: {str(found.path)!r} is {found.kind}, whose own metadata name its stems.")
    rows = {
        stem.sources[0].path.relative_to(folder).as_posix(): stem.captions[0]
        for song in found.songs
        for stem in song.stems
    }
    kept, added = write_names(folder, rows)
    print(
        f"{folder / TABLE}: {added} files added, {kept} rows kept. Correct the names (such as bass: slap bass; - leaves one out),"
    )
    print(f"then:  stemlab data inspect {folder}")
    return 0


def render(folder: Path, out: Path, soundfont: str | None = None, effects: bool = False) -> int:
    """`stemlab data render`: 1 when no file at all could be rendered."""
    from tqdm import tqdm

    from stemlab.data.midi_folder import find_midi, not_played, render_folder

    with tqdm(desc="rendering", total=len(find_midi(folder)), unit="song", leave=False, mininterval=0.5) as bar:
        made, kept, problems = render_folder(folder, out, soundfont, lambda: bar.update(), effects)
    print(f"{made} songs rendered, {kept} there before, {len(problems)} left out; in {out}")
    for problem in problems:
        print(f"  {problem}")
    if told := not_played(out):
        print(f"not played: {', '.join(f'{what} (in {count} songs)' for what, count in told.most_common())}")
    return int(made + kept == 0)


def codec(source: str, out: Path, data: Path | None, pieces: int, allow_download: bool, force: bool) -> int:
    """`stemlab data codec`: print what the codec is, and what a config for it says."""
    from stemlab.data.fit import fit_codec
    from stemlab.framing import Grid

    made = fit_codec(source, out, data, pieces, allow_download, force)
    grid = Grid.of_codec(made)
    sides = {1: "mono", 2: "stereo"}[grid.sides]
    print(
        f"{made.kind}: {grid.sample_rate} Hz {sides}, {grid.channels} channels at {1 / grid.seconds:.2f} Hz; in {out}"
    )
    print(f"Encode with it:  stemlab data encode DATASET --codec {out} --out CACHE")
    print(
        f'Train on that:   "codec": "{out / "codec"}", "latents": "CACHE", "songs": 0 in the config, and in its model'
    )
    print(f"                 {grid.asks()}")
    return 0


def encode(dataset: Path, out: Path, codec: Path | None, split: str, seconds: float | None, workers: int | None) -> int:
    """`stemlab data encode`: 1 when nothing at all could be encoded."""
    from stemlab.codec.bundled import WEIGHTS
    from stemlab.data.encode import encode_folder
    from stemlab.framing import WINDOW_SECONDS

    found = encode_folder(
        dataset, codec or WEIGHTS, out, split, workers, WINDOW_SECONDS if seconds is None else seconds
    )
    print(
        f"{found['songs']} songs in {found['windows']} windows of {found['seconds']:.1f} s, {found['shards']} shards ({found['made']} made now)"
    )
    print(f"problems  {len(found['problems'])}")
    for problem in found["problems"]:
        print(f"  {problem}")
    print(f'To train on it: "latents": "{out}", "songs": 0 in the config.')
    return int(found["windows"] == 0)


def _told(counts: Counter, before: str = "", after: str = "") -> str:
    return before + ", ".join(f"{count} {name}" for name, count in counts.most_common()) + after if counts else ""
