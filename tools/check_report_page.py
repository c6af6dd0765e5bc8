"""Check a report's page in Chromium: whole, within its width, quiet, light and dark.

python tools/check_report_page.py report.html
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.image import imread

OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the browser's own requests
)
LIGHT, DARK = (255, 255, 255), (22, 25, 29)
HEIGHT = 5000


def screenshot(page: Path, folder: Path, *options: str) -> tuple[npt.NDArray[np.float32], list[str]]:
    """The picture (rows, columns, red green blue) and what the page wrote to the console."""
    picture = folder / "screenshot.png"
    command = ["chromium", *OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--screenshot={picture}", *options]
    done = subprocess.run([*command, page.as_uri()], check=True, capture_output=True, text=True, timeout=120)
    return imread(picture)[:, :, :3], re.findall(r"CONSOLE.*", done.stderr)


def check_page(page: Path, folder: Path, width: int, background: tuple[int, ...], *options: str) -> None:
    """Check one screenshot of the page."""
    picture, console = screenshot(page, folder, f"--window-size={width},{HEIGHT}", *options)
    assert console == [], console
    assert picture.shape == (HEIGHT, width, 3), picture.shape
    colours = np.rint(255 * picture).astype(int)
    margin = np.concatenate([colours[:, :12], colours[:, -12:]], axis=1)
    assert (margin == background).all(), f"something hangs out of the page of width {width}"
    for number, part in enumerate(np.split(colours, 10)):
        count = len(np.unique(part @ (65536, 256, 1)))
        assert count > 20, f"part {number} of 10 of the page of width {width} has only {count} colours"


def check_console(folder: Path) -> None:
    """Check that the console would show anything fetched."""
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:\">"
    page = folder / "page.html"
    page.write_text(policy + "<img src='http://127.0.0.1:9/picture.png'>")
    _, console = screenshot(page, folder, "--window-size=100,100")
    assert len(console) == 1, console
    assert "Loading the image 'http://127.0.0.1:9/picture.png' violates" in console[0], console


def main(page: Path) -> None:
    """Run all checks; the first that fails raises."""
    with tempfile.TemporaryDirectory() as folder:
        check_page(page, Path(folder), 1100, LIGHT)
        check_page(page, Path(folder), 400, DARK, "--blink-settings=preferredColorScheme=0")
        check_console(Path(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
