"""What is asked for when stems shall accompany a recording: the request is checked, and the recording is listened to.

Lesson: 07_play_along.ipynb
"""

from dataclasses import replace
from typing import Any

from stemlab.activity import canonical
from stemlab.framing import BUNDLED, Grid
from stemlab.lab.draft import bars_between
from stemlab.lab.recording import LONGEST, Recording, hearing_gain, open_recording
from stemlab.lab.request import Request, check_chords, check_number
from stemlab.lab.schemes import check_scheme, rounds_of
from stemlab.songs.names import unique_names


def request(
    audio: Any,
    told: Request,
    text: str,
    sample_rate: int | None,
    downbeat: float | None,
    grid: Grid = BUNDLED,
) -> tuple[Request, Recording]:
    """Check the arguments of `StemLab.accompany`, and find tempo and downbeat where they are not told.

    Args:
        audio, text, sample_rate, downbeat: see `StemLab.accompany`.
        told: its other arguments.
        grid: of the codec and the flow.
    Returns:
        the request as a session keeps it, and the recording.
    Raises:
        ValueError: an argument is not what it may be, or the tempo told contradicts the recording.
    """
    from stemlab.lab.beats import key_of, listen  # what listens loads SciPy

    replace(told, scheme="one-pass", activity=None, chords=None).check(grid)
    if not isinstance(text, str):
        raise ValueError(f'text: got {text!r}; it says what the recording is, such as "guitar: fingerpicked".')
    check_number("downbeat", downbeat, 0, LONGEST, "seconds of the first downbeat", optional=True)
    recording, name = open_recording(audio, sample_rate)
    names = unique_names([text or name, *told.stems])
    rounds_of(told.scheme, len(told.stems), names[1:])
    check_scheme(told.scheme, told.coupling)
    mono = recording.mono()
    beat = listen(mono, told.bpm, downbeat)
    if beat.bpm is None and downbeat is not None:
        raise ValueError(f"downbeat: got {downbeat} for a recording without a steady beat; give bpm too.")
    samples = recording.at(grid).shape[-1]
    bars = bars_between(samples / grid.sample_rate, beat.bpm, beat.downbeat)
    canonical(told.activity, names[1:], beat.bpm, bars, grid.frames(samples))
    key = told.key or (
        None if told.bpm and downbeat is not None else key_of(mono, beat)
    )  # all told: nothing is guessed
    check_chords(told.chords, key, beat.bpm, told.coupling)
    heard: dict[str, Any] = {
        "bpm": "told" if told.bpm else "found" if beat.bpm else "not found",
        "downbeat": "told" if downbeat is not None else "found" if beat.bpm else "not found",
        "key": "told" if told.key else "found" if key else "not found",
        "sure": round(beat.sure, 2), "second": beat.second and list(beat.second),
    }  # fmt: skip
    if key and beat.bpm:
        from stemlab.metrics.chords import chords_of  # SciPy takes its time to load, and `generate` does without

        heard["chords"] = told.chords or " ".join(chord or "-" for chord in chords_of(mono, beat.bpm, beat.downbeat))
    about = {
        "name": names[0], "prompt": text, "sha256": recording.sha256(), "rate": recording.rate,
        "channels": len(recording.audio), "samples": samples, "gain": hearing_gain(mono),
        "loudness": recording.loudness(),
    }  # fmt: skip
    return replace(told, bpm=beat.bpm, downbeat=beat.downbeat, key=key, heard=heard, recording=about), recording


def what_was_heard(settings: dict[str, Any], bpm: float | None, key: str | None = None) -> str:
    """One line about tempo, downbeat, key and quality of an accompaniment, from its settings; a second where that is unsure."""
    from stemlab.lab.beats import SURE

    heard, recording = settings["heard"], settings["recording"]
    if bpm is None:
        beat = "no steady tempo found: the stems have none either; give bpm to set one"
    else:
        beat = f"{bpm:g} bpm ({heard['bpm']}), first downbeat at {settings['downbeat']:.2f} s ({heard['downbeat']})"
    if key and "key" in heard:
        beat += f", {key} ({heard['key']})"
    if heard.get("chords"):
        beat += f", chords {heard['chords']} ({'told' if settings.get('chords') else 'found; chords= leads the stems by others'})"
    channels = {1: "mono", 2: "stereo"}.get(recording["channels"], f"{recording['channels']} channels")
    seconds = recording["samples"] / Grid.of(settings).sample_rate
    line = f"{recording['name']}: {seconds:.1f} s, {channels}, {recording['rate']} Hz; {beat}"
    if bpm and heard.get("second") and heard.get("sure", 1.0) < SURE:
        other, at = heard["second"]
        line += (
            f"\nNot sure of the beat ({100 * heard['sure']:.0f} %); the next likely: {other:g} bpm, first downbeat at "
            f"{at:.2f} s. Count one-two-three-four along with the recording: where your ones fall is the downbeat; "
            f"give bpm={other:g} and downbeat={at:.2f} to take this one."
        )
    return line
