"""The mean of exported folders whose weights went on from each other: it often does better than the last of them.

    python training/mean.py OUT FOLDER WEIGHT FOLDER WEIGHT ...

After "Averaging weights leads to wider optima and better generalization" (arXiv 1803.05407) and "Model soups" (arXiv 2203.05482).
"""

import argparse
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from train import seal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("parts", nargs="+", metavar="FOLDER WEIGHT", help="a folder, and what it counts")
    options = parser.parse_args()
    folders = [Path(folder) for folder in options.parts[::2]]
    counts = [float(count) for count in options.parts[1::2]]
    if len(folders) != len(counts) or sum(counts) <= 0:
        parser.error("each folder needs a number after it that says what it counts")
    first = folders[0]
    for folder in folders:
        for file in ("config.json", "tokenizer.json"):
            if (folder / file).read_bytes() != (first / file).read_bytes():
                parser.error(f"{folder / file} is another than {first / file}: these weights have no mean")
    weights = [load_file(folder / "model.safetensors") for folder in folders]
    mean = {
        name: (sum(part[name].float() * count for part, count in zip(weights, counts)) / sum(counts)).to(tensor.dtype)
        for name, tensor in weights[0].items()
    }
    with safe_open(first / "model.safetensors", "pt") as file:
        about = file.metadata()
    options.out.mkdir(parents=True, exist_ok=True)
    for file in first.iterdir():
        if file.is_file() and file.suffix == ".json" or file.name == "chat_template.jinja":
            shutil.copyfile(file, options.out / file.name)
    save_file(mean, options.out / "model.safetensors", metadata=about)
    seal(options.out)


if __name__ == "__main__":
    main()
