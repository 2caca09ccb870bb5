"""A real browser, and a JupyterLab for it to open. Pictures of what it shows are left in out/screens."""

import shutil
from pathlib import Path

import pytest

SCREENS = Path(__file__).parent.parent / "out" / "screens"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --autoplay-policy=no-user-gesture-required"
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
def screens():
    """The folder for pictures."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    return SCREENS
