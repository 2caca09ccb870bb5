"""Words that cannot be met: what is refused before any work, and what is answered with a hint.

A stem is a player, so "no drums" is none and is refused. What the bundled weights never met in a caption (a singer, a
theremin) they cannot play; the request is kept, since other weights may know it, and the user is told once.

Lesson: 04_text_and_guidance.ipynb
"""

import re
import warnings
from collections.abc import Iterable
from pathlib import Path

from stemlab.checkpoints.json_files import shown
from stemlab.codec.bundled import WEIGHTS
from stemlab.songs.captions import vocabulary
from stemlab.songs.sounds import FAMILIES
from stemlab.songs.words import family_of, left_out
from stemlab.text import MAX_BYTES, join_prompt

_SMALL = frozenset(
    "a an the of and or with in on to for like very more less some no not my your his her its by at from as is be "
    "stem track part sound music instrument instruments player playing plays play please make".split()
)


class Hint(UserWarning):
    """Words of a request that these weights cannot meet."""


def check_words(stems: Iterable[str]) -> None:
    """Refuse stems that ask for somebody not to play.

    Raises:
        ValueError: such as for "no drums".
    """
    for stem in stems:
        name = _plain(stem.partition(":")[0])
        if (missing := left_out(name)) and name not in ("instrumental", "accompaniment", "karaoke", "playback"):
            raise ValueError(
                f"stems: got {stem!r}, but a stem is somebody who plays: leave {missing} out of the list"
                f' of stems, or lead the others away from it with negative="{missing}".'
            )


def hints(stems: Iterable[str], prompt: str = "") -> list[str]:
    """What a user should know about words that the bundled weights cannot meet, a line each.

    >>> hints(["theremin"])
    ["'theremin': these weights know no such word; its stem will be some instrument: name one of theirs, such as 'lead: square lead'."]
    >>> hints(["bass: slap bass", "drums: tight funk kit"], "funk")
    []
    """
    told, strange = [], []
    for text in [*stems, prompt]:
        name, _, more = text.partition(":")
        if missing := left_out(_plain(more or text)):
            told.append(
                f"{text!r}: words cannot keep anybody from playing; leave {missing} out of stems, or give "
                f'negative="{missing}".'
            )
        elif text != prompt and family_of(_plain(name)) == "vocals":
            told.append(
                f"{text!r}: there are no vocals in these weights, which learnt from instruments alone; leave the stem "
                "out and sing yourself (stemlab accompany), or try 'lead: synth voice' or 'strings: choir'."
            )
        elif unknown := [word for word in re.findall(r"[^\W\d_]+", text.lower()) if not _known(word)]:
            known_family = any(word in FAMILIES for word in _plain(name).split())
            rest = [word for word in _plain(text).split() if word not in unknown and word not in _SMALL]
            if text == prompt or known_family or rest:
                strange += unknown
            else:
                family = family_of(_plain(text)) or "lead"
                own = FAMILIES[family][0].name if family in FAMILIES else ""
                told.append(
                    f"{text!r}: these weights know no such word; its stem will be some instrument: name one of theirs, "
                    f"such as '{family}: {own}'."
                )
    if strange:
        words = ", ".join(dict.fromkeys(repr(word) for word in strange))
        told.append(f"{words}: not among the words that these weights have learnt, and may change nothing.")
    for stem in stems:
        data = join_prompt(stem, prompt).lower().encode()
        if len(data) >= MAX_BYTES:
            last = data[: MAX_BYTES - 1].decode(errors="ignore")[-20:]
            told.append(
                f"{shown(stem)}: with the prompt it is too long; these weights read no further than {last!r}: say it shorter."
            )
    return told


def hint(weights: Path | None, stems: Iterable[str], prompt: str = "") -> None:
    """Warn with each of `hints`; Python shows the same warning once.

    Args:
        weights: the folder of the weights; what others than the bundled ones have learnt is not known here.
        stems, prompt: of a request, checked.
    """
    if weights == WEIGHTS:
        for told in hints(stems, prompt):
            warnings.warn(told, Hint, stacklevel=4)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def _known(word: str) -> bool:
    """A word of the captions, its plural or singular, or one that carries no meaning."""
    return bool({word, word.removesuffix("s"), f"{word}s"} & vocabulary()) or word in _SMALL or len(word) < 2
