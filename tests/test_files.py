"""Text files that are continued after some of their lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrcore._files import open_truncated_to


@pytest.mark.parametrize(("lines", "kept"), [(0, ""), (1, "a\n"), (2, "a\nβ\n"), (3, "a\nβ\nc\n")])
def test_text_after_the_kept_lines_is_dropped(lines: int, kept: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes("a\nβ\nc\n".encode())
    with open_truncated_to(path, lines) as file:
        file.write("new\n")
    assert path.read_bytes() == f"{kept}new\n".encode()


def test_a_new_file_is_made(tmp_path: Path) -> None:
    with open_truncated_to(tmp_path / "new.txt", 0) as file:
        file.write("β\n")
    assert (tmp_path / "new.txt").read_bytes() == "β\n".encode()


@pytest.mark.parametrize("content", ["a\nb\n", "a\nb\nhalf a line"])
def test_a_file_with_too_few_whole_lines_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} must have at least 3 whole lines, but has 2")):
        open_truncated_to(path, 3)
    assert path.read_text() == content
