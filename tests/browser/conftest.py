"""A real browser, and a JupyterLab for it to open. Pictures of what it shows are left in out/screens."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from .notebook import Notebook, generate, takes, write

SCREENS = Path(__file__).parents[2] / "out" / "screens"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --autoplay-policy=no-user-gesture-required"
    " --use-fake-device-for-media-stream --use-fake-ui-for-media-stream"  # a microphone that beeps once a second
)
LOG_STARTS = """
window.starts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset) {
  if (this.context instanceof AudioContext) window.starts.push({ when, offset, now: this.context.currentTime, loop: [this.loop, this.loopStart, this.loopEnd] });
  return start.call(this, when, offset);
};
window.contexts = 0;
window.AudioContext = class extends AudioContext { constructor(options) { super(options); window.contexts += 1; } };
"""


LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight stay in the page
}


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    if not CHROMIUM:
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page from a file; at the end no error may have been seen on any."""
    pages, seen = [], []

    def open_page(html, width=900, dark=False):
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme="dark" if dark else "light")
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda line: seen.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda request: seen.append(request.url) if request.url.startswith("http") else None)
        page.add_init_script(LOG_STARTS)
        page.goto((tmp_path / "page.html").as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


@pytest.fixture(scope="session")
def group():
    """Four bars of a rendered song at 120 bpm; the second stem is the first once more, its twin."""
    from stemlab import Stem, StemGroup
    from stemlab.songs.compose import compose
    from stemlab.songs.render import render

    song = compose(3, genre="funk", bpm=120, bars=4, families=["drums", "bass", "keys"])
    audio = dict(zip([part.family for part in song.parts], render(song), strict=True))
    prompts = {
        "drums": "drums: tight funk kit",
        "twin": "twin: the same kit",
        "bass": "bass: slap",
        "keys": "keys: organ",
    }
    stems = [Stem(name, prompt, audio.get(name, audio["drums"])) for name, prompt in prompts.items()]
    return StemGroup(stems, bpm=120, key=song.key, bars=4, prompt="funk", settings={"activity": {"bass": "xx.x"}})


@pytest.fixture(scope="session")
def player(group):
    """The group's page, made once for all tests that use it."""
    return group.to_html()


@pytest.fixture
def mixer(show, player):
    page = show(player)
    page.wait_for_function("document.querySelector('.mixer').engine.buffers")
    return page


@pytest.fixture(scope="session")
def screens():
    """The folder for pictures."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    return SCREENS


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    """Address and folder of a JupyterLab of its own, which asks nothing of the network."""
    pytest.importorskip("jupyterlab", reason="no JupyterLab: pip install -e .[lab]")
    folder = tmp_path_factory.mktemp("jupyter")
    for plugin, settings in LAB_SETTINGS.items():
        file = folder / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, **own, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.root_dir": folder, "ServerApp.open_browser": False,
        "IdentityProvider.token": "", "ServerApp.allow_root": True, "LabApp.user_settings_dir": folder / "settings",
        "LabApp.expose_app_in_browser": True, "JupyterNotebookApp.expose_app_in_browser": True, "LabApp.extension_manager": "readonly",
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/status", server, folder / "server.log")
            yield f"http://127.0.0.1:{port}", folder
        finally:
            server.terminate()
            server.wait(30)


# What JupyterLab says by itself in a console, with no widget there.
NOISE = re.compile(
    r"Failed to load resource|favicon|/lsp/|extension manager|Download the React DevTools|workspaces", re.IGNORECASE
)


@pytest.fixture(scope="session")
def notebook(browser, jupyter, weights, screens):
    """The notebook with all widgets, run once, in JupyterLab."""
    address, folder = jupyter
    write(folder / "play.ipynb", weights)
    seen = []
    opened = Notebook.open(browser, address, seen=seen)
    try:
        opened.run_all()
        yield opened
    finally:
        opened.page.screenshot(path=screens / "notebook.png")
        opened.page.close()
    assert [line for line in seen if not NOISE.search(line)] == []


@pytest.fixture(scope="module", params=["doc/tree/play.ipynb", "notebooks/play.ipynb"], ids=["lab", "notebook7"])
def page(request, notebook, browser, jupyter):
    """The notebook as it was run in JupyterLab, and once more, with the same kernel, in Notebook 7."""
    studio = notebook.cell("studio").locator(".studio")
    if not takes(studio):
        generate(studio, 1)
    if request.param.startswith("doc"):
        yield notebook.page
        return
    pytest.importorskip("notebook", reason="no Notebook 7: pip install -e .[dev]")
    notebook.save()
    opened = Notebook.open(browser, jupyter[0], request.param)
    opened.page.locator(".studio .mixer").first.wait_for()
    yield opened.page
    opened.page.close()


def _wait_for(address, server, log, seconds=120):
    for _ in range(seconds * 4):
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    raise AssertionError(log.read_text())
