"""Checks that transformers loads a model's folder and gives the same logits as our own program.

    python tests/parity/logits.py <model folder> <file.safetensors>

The file holds what our program was given and what it computed: `input_ids` [tokens] (integers),
`pixel_values` [images, 3, height, width] (left out where the prompt has no image) and `logits`
[tokens, vocabulary], or as many of the last rows and first columns as the program computes. Prints the
largest difference relative to the largest logit; exits with 1 if that is over 1e-4.
"""

import sys

import torch
from safetensors.torch import load_file
from transformers import Idefics3ForConditionalGeneration

LIMIT = 1e-4


def main(folder, file):
    ours = load_file(file)
    model, report = Idefics3ForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    wrong = {kind: sorted(names) for kind, names in report.items() if names}
    if wrong:
        print(f"{folder} does not load as it should: {wrong}")
        return 1
    inputs = {"input_ids": ours["input_ids"].long()[None]}
    if "pixel_values" in ours:
        inputs["pixel_values"] = ours["pixel_values"].float()[None]
    with torch.no_grad():
        theirs = model.eval()(**inputs).logits[0]
    logits = ours["logits"].float()
    if logits.dim() != 2 or not logits.numel() or any(a > b for a, b in zip(logits.shape, theirs.shape)):
        print(f"logits have the shape {list(logits.shape)}, {list(theirs.shape)} was expected")
        return 1
    theirs = theirs[-logits.shape[0] :, : logits.shape[1]]
    difference = ((logits - theirs).abs().max() / theirs.abs().max()).item()
    print(f"largest relative difference {difference:.2e} over {logits.shape[0]}x{logits.shape[1]} logits")
    return 0 if difference <= LIMIT else 1  # also where it is not a number


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
