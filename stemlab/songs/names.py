"""Names of stems, from the words that they are asked for with."""

import re
from collections.abc import Iterable


def unique_names(prompts: Iterable[str]) -> list[str]:
    """Names for stems: each prompt's text before its first colon, with " 2", " 3" where one comes again.

    Raises:
        ValueError: a prompt with no letter or digit before its colon.

    >>> unique_names(["drums: tight funk kit", "Electric Piano", "drums: shaker"])
    ['drums', 'electric piano', 'drums 2']
    """
    names: list[str] = []
    for prompt in prompts:
        if not isinstance(prompt, str):
            raise ValueError(f'stems: got {prompt!r}; each takes a text such as "bass: slap bass".')
        base = re.sub(r"[\W_]+", " ", prompt.split(":")[0].lower()).strip()[:40].strip()
        if not base:
            raise ValueError(f'stems: got {prompt!r}; each takes a name before its colon, such as "bass: slap bass".')
        name, count = base, 2
        while name in names:
            name, count = f"{base} {count}", count + 1
        names.append(name)
    return names
