from stemlab.evaluate import store


def test_comments_and_docstrings_do_not_make_rows_stale_but_code_does(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PACKAGE", tmp_path)
    (tmp_path / "evaluate").mkdir()
    file = tmp_path / "evaluate" / "measure.py"
    found = []
    for text in (
        '"""One."""\n\n\ndef f(x):\n    """Two."""\n    return x + 1\n',
        "def f(x):\n    return x + 1  # why\n",
        "def f(x):\n    return x + 2\n",
    ):
        file.write_text(text)
        found.append(store.code_identity("measure"))
    assert found[0] == found[1] != found[2]
