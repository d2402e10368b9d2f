"""Odd looks show what they say: named colours in shapes without a name, and named shapes in such colours.

    python training/test_odd.py --words training/words --samples target/debug/samples
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from train import COLOURS, LABELS, LOOKS, PATCH, RGB, SHAPES, UNNAMED, Stream

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--words", type=Path, required=True)
parser.add_argument("--samples", required=True)
options = parser.parse_args()
options.threads, options.rows = 1, 1
words = json.loads((options.words / "words.json").read_text(encoding="utf-8"))
stream = Stream(options, words, torch.device("cpu"), seed=5)
plain, in_no_shape, in_no_colour = (block for kind, block in stream.next() if kind == LOOKS)
stream.stop()

drawings = Path("assets/sprites/shapes.txt").read_text().replace("\r", "").splitlines()
drawings = [line for line in drawings if line and not line.startswith("# ")]
masks = np.array([[[pixel == "#" for pixel in line] for line in drawings[at + 1 : at + 9]] for at in range(0, len(drawings), 9)])
assert [drawings[at] for at in range(0, len(drawings), 9)] == SHAPES, "the shapes' order is another one"


def things(block):
    """Each thing's tile with its shape and colour."""
    for frame, cells in zip(block["frames"].numpy(), block["cells"].numpy()):
        for cell in np.flatnonzero((cells[:, 0] > 0) & ((cells[:, 0] <= len(SHAPES)) | (cells[:, 0] == UNNAMED))):
            y, x = cell // 12 * PATCH, cell % 12 * PATCH
            yield frame[y : y + PATCH, x : x + PATCH], *cells[cell, :2].tolist()


def said(block):
    return {words["tokens"][token] for token in block["targets"].tolist()}


seen = list(things(plain))
assert seen and len(LABELS) == 3
for tile, shape, colour in seen:
    drawn = (tile == RGB[colour - 1]).all(2)
    assert not (drawn & ~masks[shape - 1]).any(), "a thing is drawn outside of its shape"
for tile, shape, colour in things(in_no_shape):
    drawn = (tile == RGB[colour - 1]).all(2)
    assert shape == UNNAMED and drawn.any()
    assert ((drawn ^ masks).sum((1, 2)) >= 4).all(), "a shape without a name looks like one that has one"
for tile, shape, colour in things(in_no_colour):
    assert colour == UNNAMED and 0 < shape <= len(SHAPES)
    assert not (tile[:, :, None] == RGB).all(3).any(), "a named colour is left"
assert len(seen) == len(list(things(in_no_shape))) == len(list(things(in_no_colour)))
assert said(plain) & set(COLOURS) and said(plain) & set(SHAPES)
assert said(in_no_shape) & set(COLOURS) and not said(in_no_shape) & set(SHAPES)
assert said(in_no_colour) & set(SHAPES) and not said(in_no_colour) & set(COLOURS)
print(f"{len(seen)} things in odd looks are as they are said to be")
