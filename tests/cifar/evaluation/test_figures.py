"""Figures of an evaluation."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from lrcore.cifar.cam import CamMaps
from lrcore.cifar.evaluation import Predictions
from lrcore.cifar.evaluation.figures import (
    draw_class_accuracy,
    draw_confusion,
    draw_mistakes,
    save_class_accuracy,
    save_confusion,
    save_mistakes,
)
from lrcore.cifar.evaluation.mistakes import Mistakes

CLASSES = ("cat", "dog", "frog")
CONFUSION = np.array([[1200, 1, 0], [0, 0, 0], [3, 5, 8]])
LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, np.nan, 0.0], [0.0, 20.0, 0.0], [5.0, 0.0, 0.0]])
LABELS = np.array([1, 2, 0, 0])
PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def texts(owner: Axes | Figure) -> list[str]:
    return [text.get_text() for text in owner.texts]


def size(path: Path) -> tuple[int, int]:
    height, width = matplotlib.image.imread(path).shape[:2]
    return width, height


def luminance(colour: np.ndarray | tuple[float, ...]) -> float:
    rgb = np.asarray(colour)[:3]
    return float(np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92) @ [0.2126, 0.7152, 0.0722])


def test_a_confusion_matrix_shows_counts_and_row_shares() -> None:
    (axes, bar) = draw_confusion(CONFUSION, CLASSES).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "actual")
    assert [label.get_text() for label in axes.get_xticklabels()] == list(CLASSES)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CLASSES)
    cells = {(0, 0): ("1,200", "99.9%"), (0, 1): ("1", "0.1%"), (2, 0): ("3", "18.8%"), (2, 1): ("5", "31.2%")}
    cells[2, 2] = ("8", "50.0%")
    shown: dict[tuple[int, int], list[str]] = {}
    for text in axes.texts:
        x, y = text.get_position()
        shown.setdefault((round(y), round(x)), []).append(text.get_text())
    assert {cell: tuple(words) for cell, words in shown.items()} == cells
    assert bar.get_ylabel() == "share of the actual class"


@pytest.mark.parametrize("share", np.linspace(0.01, 1, 34))
def test_every_confusion_matrix_number_contrasts_with_its_cell(share: float) -> None:
    """By the contrast that WCAG 2.2 asks of large text at least."""
    count = round(1000 * share)
    (axes, _) = draw_confusion(np.array([[count, 1000 - count], [0, 1]]), CLASSES[:2]).axes
    (image,) = axes.images
    background = luminance(image.cmap(image.norm(count / 1000)))
    light, dark = sorted([luminance(to_rgb(axes.texts[0].get_color())), background], reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 3


def test_bars_are_class_accuracies_and_the_line_is_the_overall_one() -> None:
    predictions = Predictions(np.eye(3)[[0, 0, 2, 0]], np.array([0, 0, 0, 2]))
    figure = draw_class_accuracy(predictions, CLASSES)
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [2 / 3, 0, 0]
    assert texts(axes) == ["66.7%", "no images", "0.0%"]
    (line,) = axes.get_lines()
    assert list(line.get_ydata()) == [0.5, 0.5]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["all images: 50.00%"]


def mistakes() -> Mistakes:
    """Image 7 was taken for a cat, image 2 for nothing (and has no maps), image 5 for a dog without evidence."""
    indices, raw = np.array([7, 2, 5]), np.ones((3, 4, 4))
    factors = np.array([1.0, np.nan, 0.0]).reshape(3, 1, 1)
    predicted, actual = CamMaps(factors * raw, "relu3", "hirescam"), CamMaps(raw, "relu3", "hirescam")
    return Mistakes(indices, PHOTOS, Predictions(LOGITS[:3], LABELS[:3]), predicted, actual, total=1234, images=10000)


def test_each_mistake_names_both_classes_and_probabilities() -> None:
    figure = draw_mistakes(mistakes(), CLASSES)
    assert texts(figure) == [
        "Misclassified: 1,234 of 10,000 images. Shown, the greatest loss first: 3.\n"
        "Beside each, the evidence for the predicted and for the actual class, by HiResCAM at layer relu3 (4x4), "
        "from none (the photo) to most (yellow)."
    ]
    assert [texts(axes) for axes in figure.axes] == [
        ["#7\nloss 1.41", "predicted\ncat\np = 0.67", "actual\ndog\np = 0.24"],
        ["#2\nloss nan", "predicted\nnone", "actual\nfrog\np = nan", "empty"],
        ["#5\nloss 20.00", "predicted\ndog\np = 1", "actual\ncat\np = 2.1e-09", "empty"],
        [],
    ]


def test_each_mistake_is_shown_as_it_is_and_with_both_maps() -> None:
    (first, second, *_) = draw_mistakes(mistakes(), CLASSES).axes
    enlarged = PHOTOS.repeat(8, axis=1).repeat(8, axis=2)
    for axes, photo, hot in ((first, enlarged[0], [False, True, True]), (second, enlarged[1], [False, False, True])):
        (picture,) = axes.images
        panels = [np.asarray(picture.get_array())[:, start : start + 256] for start in (0, 264, 528)]
        assert [not np.array_equal(panel, photo) for panel in panels] == hot


def test_where_nothing_is_misclassified_a_sentence_says_so() -> None:
    figure = draw_mistakes(None, CLASSES)
    assert (texts(figure), figure.axes) == (["No image is misclassified."], [])


def test_the_figures_are_png_files_of_150_dots_per_inch(tmp_path: Path) -> None:
    save_confusion(CONFUSION, CLASSES, tmp_path / "confusion.png")
    save_class_accuracy(Predictions(LOGITS, LABELS), CLASSES, tmp_path / "class_accuracy.png")
    save_mistakes(None, CLASSES, tmp_path / "none.png")
    save_mistakes(mistakes(), CLASSES, tmp_path / "mistakes.png")
    assert size(tmp_path / "confusion.png") == (1350, 1125)
    assert size(tmp_path / "class_accuracy.png") == (1050, 600)
    assert size(tmp_path / "none.png") == (1050, 150)
    assert size(tmp_path / "mistakes.png")[0] == 2160
