"""What is written is whole or not there, and nothing of the user's goes: `stemlab.checkpoints.folders`."""

import os
import shutil
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from kills import killed_at_each_step

from stemlab.checkpoints import folders
from stemlab.checkpoints.folders import atomic_folder, check_folder, exclusive, recover, write_text

LETTERS = {"a.txt": "a", "b.txt": "b", "z.json": "z"}


def write(folder, letters, force=False, written=lambda folder: ()):
    with atomic_folder(folder, force, "z.json", written) as made:
        for name, text in letters.items():
            (made / name).write_text(text)


def read(folder):
    recover(folder)
    return {file.name: file.read_text() for file in folder.iterdir() if not file.name.startswith(folders.OURS)}


def test_files_come_into_a_new_folder_and_nothing_else_is_left(tmp_path):
    write(tmp_path / "new" / "out", LETTERS)
    assert read(tmp_path / "new" / "out") == LETTERS
    assert [f.name for f in (tmp_path / "new").iterdir()] == ["out"]
    assert len(list((tmp_path / "new" / "out").iterdir())) == 3


def test_what_was_written_before_goes_and_other_files_stay(tmp_path):
    write(tmp_path / "out", {**LETTERS, "old.txt": "old"})
    (tmp_path / "out" / "mine.txt").write_text("mine")
    write(tmp_path / "out", {**LETTERS, "a.txt": "A"}, True, lambda folder: ["old.txt", "a.txt", "../gone.txt"])
    assert read(tmp_path / "out") == {**LETTERS, "a.txt": "A", "mine.txt": "mine"}


def test_a_mount_point_is_written_to(small_disk):
    write(small_disk, LETTERS)
    write(small_disk, {**LETTERS, "a.txt": "A"}, force=True)
    assert read(small_disk) == {**LETTERS, "a.txt": "A"}


def test_a_full_disk_is_one_line_and_the_old_stays(small_disk):
    write(small_disk, LETTERS)
    with pytest.raises(ValueError, match="could not be written \\(the disk is full\\)") as told:
        write(small_disk, {**LETTERS, "a.txt": "A" * 2_000_000}, force=True)
    assert "\n" not in str(told.value) and str(small_disk) in str(told.value)
    assert read(small_disk) == LETTERS and len(list(small_disk.iterdir())) == 3


@pytest.mark.parametrize("letters", [LETTERS, {**LETTERS, "old.txt": "old"}], ids=["same names", "one goes"])
def test_killed_at_any_point_the_old_files_are_there_or_the_new(tmp_path, letters):
    new = {name: text.upper() for name, text in LETTERS.items()}

    def begin(folder):
        write(folder, letters)

    def act(folder):
        write(folder, new, True, lambda folder: letters)

    found = [read(folder) for folder in killed_at_each_step(tmp_path, begin, act)]
    assert all(state in (letters, new) for state in found)
    assert len(found) > 10 and letters in found and new in found


def test_killed_at_any_point_a_new_folder_is_whole_or_not_there(tmp_path):
    for folder in killed_at_each_step(tmp_path, lambda folder: None, lambda folder: write(folder, LETTERS)):
        assert not folder.exists() or read(folder) == LETTERS
        write(folder, LETTERS, force=True)  # and the next run takes away what the kill left
        assert read(folder) == LETTERS and not list(folder.parent.glob(".*")) and not list(folder.glob(".*"))


def test_killed_at_any_point_a_file_is_the_old_one_or_the_new(tmp_path):
    def begin(folder):
        folder.mkdir()
        write_text(folder / "a.txt", "old")

    found = {
        (folder / "a.txt").read_text()
        for folder in killed_at_each_step(tmp_path, begin, lambda folder: write_text(folder / "a.txt", "new"))
    }
    assert found == {"old", "new"}


def test_killed_while_recovering_it_is_recovered_by_the_next(tmp_path):
    new = {name: text.upper() for name, text in LETTERS.items()}
    stopped = killed_at_each_step(
        tmp_path / "first", lambda folder: write(folder, LETTERS), lambda folder: write(folder, new, True)
    )
    half = next(
        folder for folder in stopped if (folder / "a.txt").read_text() == "A" and (folder / folders._READY).exists()
    )
    for folder in killed_at_each_step(tmp_path / "then", lambda folder: shutil.copytree(half, folder), recover):
        assert read(folder) == new


def test_the_second_of_two_writers_of_a_new_folder_is_told_no(tmp_path):
    with pytest.raises(ValueError, match="not empty and nothing is overwritten unasked"):
        with atomic_folder(tmp_path / "out", False, "z.json") as made:
            (made / "z.json").write_text("second")
            write(tmp_path / "out", LETTERS)
    assert read(tmp_path / "out") == LETTERS and [f.name for f in tmp_path.iterdir()] == ["out"]


def test_the_second_of_two_writers_of_an_empty_folder_is_told_no(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="not empty and nothing is overwritten unasked"):
        with atomic_folder(tmp_path / "out", False, "z.json") as made:
            (made / "z.json").write_text("second")
            write(tmp_path / "out", LETTERS)
    assert read(tmp_path / "out") == LETTERS and len(list((tmp_path / "out").iterdir())) == 3


def test_many_writers_at_once_leave_the_files_of_one(tmp_path):
    fork = get_context("fork")
    runs = [fork.Process(target=_race, args=(tmp_path / "out", str(i))) for i in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(run.exitcode for run in runs) == [0, *[3] * 7]
    assert len(set(read(tmp_path / "out").values())) == 1
    assert [f.name for f in tmp_path.iterdir()] == ["out"]


def _race(folder, text):
    try:
        with atomic_folder(folder, False, "z.json") as made:
            for name in LETTERS:
                (made / name).write_text(text)
            time.sleep(0.2)
    except ValueError:
        sys.exit(3)


def test_what_a_kill_left_is_swept_and_what_is_being_written_is_not(tmp_path):
    left = killed_at_each_step(tmp_path / "runs", lambda folder: None, lambda folder: write(folder, LETTERS))
    for folder in left:
        with atomic_folder(folder.parent / "living", False, "z.json") as made:
            (made / "z.json").write_text("z")
            folders.sweep(folder.parent)
            assert {f.suffix for f in folder.parent.glob(".*")} == {"", ".lock"}
            assert len(list(folder.parent.glob(".*"))) == 2
    assert not list(folder.parent.glob(".*"))


@pytest.mark.parametrize(
    "path, words",
    [
        ("a\0b", "without a NUL"), ("", "takes a path"), (None, "got None"), (7, "got 7"), (b"out", "as text"),
        ("~nobody-of-this-name/x", "no such user"), ("x" * 300, "file name too long"), ("x/" * 2200 + "y", "file name too long"),
        ("caf\udce9", "no UTF-8"), ("file/out", "cannot be written to"), ("file", "is a file"), ("loop/out", "loop|too many"),
        ("/proc/out", "cannot be written to"), ("/dev/null", "is a file"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_to_is_said_before_the_work(tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    Path("loop").symlink_to("loop")
    with pytest.raises(ValueError, match=f"(?i)^out: .*({words})") as told:
        check_folder(path, name="out")
    assert "\n" not in str(told.value)
    assert sorted(os.listdir()) == ["file", "loop"]


def test_a_folder_without_rights_to_write_is_said(tmp_path, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(ValueError, match="the disk is read-only"):
        check_folder(small_disk / "new" / "out")


def test_one_at_a_time_may_be_in_a_folder_and_is_named(tmp_path):
    with exclusive(tmp_path, "encoding songs"):
        with pytest.raises(ValueError, match=f"in use \\(encoding songs: process {os.getpid()} on .*, since"):
            with exclusive(tmp_path, "a second"):
                pass
        with exclusive(tmp_path, "another thing", lock="other"):
            pass
        code = f"from stemlab.checkpoints.folders import *\nwith exclusive(Path({str(tmp_path)!r}), 'x'): pass"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert f"in use (encoding songs: process {os.getpid()} on" in run.stderr
    with exclusive(tmp_path, "next"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_plan_from_elsewhere_reaches_nothing_outside(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    ready = tmp_path / "out" / folders._READY
    ready.mkdir(parents=True)
    (ready / "victim.txt").write_text("theirs")
    (ready / folders._PLAN).write_text('{"names": ["../victim.txt"], "gone": ["../victim.txt"]}')
    assert read(tmp_path / "out") == {"victim.txt": "theirs"} and victim.read_text() == "mine"
    ready.mkdir()
    (ready / folders._PLAN).write_text('{"names": 3}')
    with pytest.raises(ValueError, match="is damaged"):
        recover(tmp_path / "out")
