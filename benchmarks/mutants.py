"""Do the tests bite? Change one thing in a core file at a time, and see whether its tests notice.

    python benchmarks/mutants.py [--sample 100] [--seed 0] [--files flow noise ...]

A mutant swaps an operator or a comparison, turns a condition round, moves a number, or drops a `not`. Each is tried in a
forked process, where PyTorch is loaded already. Printed: those that nobody noticed, and how many of how many were. Some change
nothing that can be seen (an equal form, a tolerance): look at each before a test is written for it.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = {  # quick tests first: the first that fails ends the trial
    "flow": ["test_bite.py", "test_flow.py"],
    "noise": ["test_bite.py", "test_generate.py"],
    "sampling": ["test_bite.py", "test_sampling.py", "test_generate.py"],
    "windows": ["test_bite.py", "test_accompany.py"],
    "train": ["test_bite.py", "test_batches.py", "test_train.py"],
    "conditions": ["test_conditions.py", "test_bite.py", "test_model.py"],
    "text": ["test_conditions.py", "test_text_published.py", "test_model.py"],
    "model": ["test_model.py", "test_bite.py"],
    "activity": ["test_conditions.py", "test_activity_patterns.py"],
    "framing": ["test_house.py", "test_codec_published.py", "test_generate.py"],
}
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
          ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult}  # fmt: skip
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}


def changes(node: ast.AST) -> Iterator[tuple[str, object]]:
    """What can be changed in a node: the attribute and its new value."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in BINARY:
        yield "op", BINARY[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        yield "ops", [COMPARE[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, ast.IfExp | ast.If):
        yield "test", ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield (
            "op",
            ast.UAdd()
            if isinstance(node.op, ast.USub)
            else ast.Not()
            if isinstance(node.op, ast.Invert)
            else ast.USub(),
        )
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "value", node.value + 1
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", not node.value


def mutants(source: str) -> list[tuple[int, str, str]]:
    """All mutants of a file: line, what it was, and the whole new source."""
    tree, found = ast.parse(source), []
    places = [(i, j) for i, node in enumerate(ast.walk(tree)) for j, _ in enumerate(changes(node))]
    for i, j in places:
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[i]
        attribute, value = list(changes(node))[j]
        setattr(node, attribute, value)
        was = list(ast.walk(tree))[i]
        found.append(
            (getattr(was, "lineno", 0), ast.unparse(was)[:70], ast.unparse(ast.fix_missing_locations(changed)))
        )
    return found


def noticed(folder: Path, tests: list[str]) -> bool:
    """Do the tests of a copy of the project fail, in a process of its own?"""
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        sys.path[:] = [str(folder), *(p for p in sys.path if p not in ("", str(ROOT)))]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *(f"tests/{t}" for t in tests)])))
    return os.waitpid(child, 0)[1] != 0


def main(sample: int, seed: int, files: list[str]) -> int:
    """Try a sample of the mutants of some files; 1 when fewer than nine in ten were noticed."""
    import torch

    torch.set_num_threads(1)
    every = [(name, *m) for name in files for m in mutants((ROOT / "stemlab" / f"{name}.py").read_text("utf-8"))]
    chosen = random.Random(seed).sample(every, min(sample, len(every)))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "copy"
        ignore = shutil.ignore_patterns(".git", ".venv", "out", "runs", "*.safetensors", "__pycache__", "site")
        shutil.copytree(ROOT, folder, ignore=ignore)
        for weights in (ROOT / "stemlab" / "weights").glob("*.safetensors"):
            (folder / "stemlab" / "weights" / weights.name).symlink_to(weights)
        for name in files:
            if noticed(folder, TESTS[name]):
                raise SystemExit(f"the tests of {name} fail on the code as it is: {', '.join(TESTS[name])}")
        caught = 0
        for number, (name, line, was, source) in enumerate(chosen, 1):
            file, started = folder / "stemlab" / f"{name}.py", time.perf_counter()
            before = file.read_text("utf-8")
            file.write_text(source, "utf-8")
            bitten = noticed(folder, TESTS[name])
            file.write_text(before, "utf-8")
            caught += bitten
            if not bitten:
                print(f"not noticed: {name}.py:{line}: {was}", flush=True)
            seconds = time.perf_counter() - started
            print(
                f"\r{number} of {len(chosen)}, {caught} noticed, {seconds:.0f} s", end="", file=sys.stderr, flush=True
            )
    print(f"{caught} of {len(chosen)} noticed, of {len(every)} mutants in {', '.join(files)} (seed {seed})")
    return int(caught < 0.9 * len(chosen))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants (100)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--files", nargs="+", choices=list(TESTS), default=list(TESTS), help="of the core (all)")
    sys.exit(main(**vars(parser.parse_args())))
