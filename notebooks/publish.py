"""From the solved notebooks to what a class is given: `python notebooks/publish.py student`, `site`, `handout`, `colab`, `german` or `times`.

- `student` writes `notebooks/student/`: the same lessons without their solutions.
- `site` runs each lesson and writes `site/`: pages that play and show equations and figures with no kernel and no network, and a
  poster of each lesson.
- `handout` writes `site/handout.html`: a sheet of A4 for each lesson, for a class without screens.
- `colab` writes `notebooks/colab/`: the lessons with a first cell that fetches the rest of the repository.
- `german` writes `notebooks/de/*.ipynb`: lessons in German, from their translated prose and the code as it is.
- `times` runs each lesson and keeps in `times.json` how long that took, for the title cards.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # so that the room beside this file is found from anywhere

from publishing.cards import HERE, LESSONS, ROOT, card, running, sections
from publishing.copies import write_colab, write_german, write_student
from publishing.handout import write_handout
from publishing.site import NEEDS_KERNEL, PLAYERS, described, page, still, write_site

from stemlab.checkpoints.folders import check_folder, write_text

__all__ = ["NEEDS_KERNEL", "PLAYERS", "card", "described", "page", "running", "sections", "still"]
TIMES = HERE / "times.json"
RUN = """
import sys, nbformat
from nbclient import NotebookClient
path = sys.argv[1]
NotebookClient(nbformat.read(path, as_version=4), timeout=None, resources={"metadata": {"path": path.rsplit("/", 1)[0]}}).execute()
"""
WAYS = {
    "student": (write_student, "notebooks/student"),
    "site": (write_site, "site"),
    "handout": (write_handout, "site"),
    "colab": (write_colab, "notebooks/colab"),
    "german": (write_german, "notebooks/de"),
}


def main() -> None:
    """The commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*WAYS, "times"])
    parser.add_argument("--only", nargs="+", metavar="NN", help="numbers of lessons, such as 02 (all)")
    parser.add_argument("--out", type=Path, help=f"folder ({', '.join(folder for _, folder in WAYS.values())})")
    asked = parser.parse_args()
    lessons = [path for path in LESSONS if not asked.only or path.name[:2] in asked.only]
    if not lessons:
        parser.error(f"--only takes numbers from {', '.join(path.name[:2] for path in LESSONS)}")
    if asked.what == "times":
        return write_times(lessons)
    write, folder = WAYS[asked.what]
    out = asked.out or ROOT / folder
    check_folder(out, force=True, name="--out").mkdir(parents=True, exist_ok=True)
    try:
        count = write(lessons, out)
    except ValueError as error:
        parser.error(str(error))
    print(f"{count} lessons in {out}")


def write_times(lessons: list[Path]) -> None:
    """Run lessons on two threads, one after the other, and keep how long each took: seconds on the clock and of the processor."""
    import time

    for path in lessons:
        began, spent = time.perf_counter(), os.times()
        subprocess.run([sys.executable, "-c", RUN, str(path)], check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
        now = os.times()
        cpu = now.children_user + now.children_system - spent.children_user - spent.children_system
        kept = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
        kept[path.stem] = {"seconds": round(time.perf_counter() - began), "processor_seconds": round(cpu)}
        write_text(TIMES, json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
        print(f"{path.stem}: {kept[path.stem]}; on its card: {running(kept[path.stem])}")


if __name__ == "__main__":
    main()
