"""The page in a browser: whole, within its width, quiet, light and dark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # its own calls home
)

# CI installs the package chromium, and there its absence is an error.
pytestmark = pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="needs the package chromium")


def screenshot(page: Path, folder: Path, *options: str) -> tuple[npt.NDArray[np.float32], list[str]]:
    """The picture (rows, columns, red green blue) and what the page wrote to the console."""
    picture = folder / "screenshot.png"
    command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--screenshot={picture}", *options]
    done = subprocess.run([*command, page.as_uri()], check=True, capture_output=True, text=True, timeout=120)
    return imread(picture)[:, :, :3], re.findall(r"CONSOLE.*", done.stderr)


@pytest.mark.parametrize(
    ("width", "options", "background"),
    [(1100, (), (255, 255, 255)), (400, ("--blink-settings=preferredColorScheme=0",), (22, 25, 29))],
)
def test_a_page_is_whole_within_its_width_and_quiet(
    width: int, options: tuple[str, ...], background: tuple[int, ...], both: Any, tmp_path: Path
) -> None:
    picture, console = screenshot(both.path, tmp_path, f"--window-size={width},5000", *options)
    assert console == []
    assert picture.shape == (5000, width, 3)
    colours = np.rint(255 * picture).astype(int)
    margin = np.concatenate([colours[:, :12], colours[:, -12:]], axis=1)
    assert (margin == background).all()  # nothing hangs out of the page
    for part in np.split(colours, 10):
        assert len(np.unique(part @ (65536, 256, 1))) > 20  # colours: no part of it is empty


def test_the_console_would_tell_of_anything_fetched(tmp_path: Path) -> None:
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:\">"
    (tmp_path / "page.html").write_text(policy + "<img src='http://127.0.0.1:9/picture.png'>")
    _, console = screenshot(tmp_path / "page.html", tmp_path, "--window-size=100,100")
    assert len(console) == 1
    assert "Loading the image 'http://127.0.0.1:9/picture.png' violates" in console[0]
