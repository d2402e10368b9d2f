"""Trains a model from nothing to a folder like the one that is shipped (that one: --size small), on our generator's samples.

    python training/train.py --words training/words --samples target/release/samples --out assets/model

Words that answers don't use keep SmolLM2's frozen vectors behind one learned projection, and only
tokens of answers get logits. The schedule follows the clock: --minutes is all the time there is.
"""

import argparse
import hashlib
import json
import math
import os
import queue
import shutil
import struct
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn
from transformers import Idefics3Config, Idefics3ForConditionalGeneration
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

BEGAN = time.monotonic()
MAGIC, KINDS = 0x5352_5752, ["short votes", "reflections", "votes", "looks"]
SIDE, PATCH, CELLS = 96, 8, 144
# Of a cell: thing (0 is none), colour, heading; its walls, the player's steps to it, and the first of them; column and
# row of where the player shoots the thing from, or waits for it, and the steps there.
LABELS, SIGHTS = [20, 10, 17, 16, 25, 16, 12, 12, 24], 3
COLOURS = ["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "white"]
UNLEARNED, UNNAMED = 0x8000, 255  # as in src/samples: a word that is read and not learned; what has no name
FULL = {
    "vision_config": dict(hidden_size=192, intermediate_size=768, num_hidden_layers=3, num_attention_heads=3),
    "text_config": dict(hidden_size=320, intermediate_size=880, num_hidden_layers=6, num_attention_heads=5, num_key_value_heads=5),
}
# Learns more in little time, and is what two cores can teach overnight.
SMALL = {
    "vision_config": dict(hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=2),
    "text_config": dict(hidden_size=256, intermediate_size=640, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2),
}
TINY = {
    "vision_config": dict(hidden_size=24, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2),
    "text_config": dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1),
}
SIZES = {"full": FULL, "small": SMALL, "tiny": TINY}
RATE, WARM_UP, LEAST, DECAY, CLIP, MOMENTUM = 2e-3, 200, 0.02, 0.05, 1.0, 0.95
AUXILIARY, EMPTY, WAYS = 0.5, 0.1, 0.3  # what of the loss is perception's, and in it an empty cell's, and the ways'
NOISE = 0.2  # the length of what is added to a word's unit vector
# How many of an answer's colours are read as another one. A third of the pairs of colour and shape is never
# trained on: without this the decoder learns which shapes never follow a colour, and won't say what it sees.
WRONG_COLOURS = 0.15
LOSS, TOKENS, TOKENS_RIGHT, ROWS, ROWS_RIGHT, ACTIONS, ACTIONS_RIGHT = range(7)  # what is counted, by kind


def attend(module, query, key, value, mask, scaling, **_):
    """Attention as plain products: on two cores a third faster, as a step, than PyTorch's flash attention."""
    rows, heads, length, width = query.shape
    query = query.reshape(rows, key.shape[1], -1, width)  # heads that share keys lie one after the other
    scores = (query @ key.mT).view(rows, heads, length, length) * scaling
    if module.is_causal:
        scores = scores + torch.full((length, length), -math.inf, dtype=scores.dtype, device=scores.device).triu(1)
    # Exponents are taken in f32 in any case; their shares, which learning needs again, are half as large in bf16.
    shares = scores.softmax(-1).view(rows, key.shape[1], -1, length)
    return (shares @ value).view(rows, heads, length, width).transpose(1, 2), None


ALL_ATTENTION_FUNCTIONS.register("plain", attend)


def working_type(device):
    """bf16 where its products are fast; a processor without them imitates them, at a fraction of f32's speed."""
    fast = device.type == "cuda" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


class Trainee(nn.Module):
    """`transformers`' own model, with its token table made of learned rows and of projected words."""

    def __init__(self, words, vectors, sizes):
        super().__init__()
        count, answers = len(words["tokens"]), words["answer_tokens"]
        assert vectors.shape[0] == count - answers, "vectors.npy and words.json are not of one making"
        tokens = dict(bos_token_id=words["start"], eos_token_id=words["end"], pad_token_id=words["pad"])
        text = dict(model_type="llama", vocab_size=count, max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=True)
        text |= dict(rope_parameters={"rope_type": "default", "rope_theta": 1e4}) | tokens | sizes["text_config"]
        vision = dict(image_size=SIDE, patch_size=PATCH) | sizes["vision_config"]
        shared = dict(scale_factor=2, image_token_id=words["image"], tie_word_embeddings=True, pad_token_id=words["pad"])
        config = Idefics3Config(vision_config=vision, text_config=text, answer_tokens=answers, **shared)
        self.whole = Idefics3ForConditionalGeneration(config)
        if not torch.cuda.is_available():
            self.whole.set_attn_implementation("plain")
        width = text["hidden_size"]
        self.whole.lm_head.weight = self.whole.model.text_model.embed_tokens.weight
        self.whole.model.text_model.embed_tokens.weight.requires_grad_(False)  # filled at the end
        self.answers = nn.Parameter(torch.randn(answers, width) * 0.02)
        self.project = nn.Linear(vectors.shape[1], width, bias=False)
        nn.init.normal_(self.project.weight, std=0.02)
        self.perceive = nn.Linear(width, 4 * sum(LABELS))
        self.locate = nn.Linear(width, CELLS // 4)
        self.register_buffer("vectors", F.normalize(torch.from_numpy(vectors).float(), dim=1), persistent=False)
        # Which cells an image token is made of, asked of the connector itself.
        order = self.whole.model.connector.pixel_shuffle(torch.arange(float(CELLS)).view(1, CELLS, 1), 2)
        self.register_buffer("order", order[0].long(), persistent=False)

    def table(self, noise=0.0, used=None):
        """The rows of all tokens, or of those words that are used: the noise takes time."""
        vectors = self.vectors if used is None else self.vectors[used]
        if noise:
            vectors = vectors + torch.randn_like(vectors) * (noise / vectors.shape[1] ** 0.5)
        words = self.project(vectors)
        return torch.cat([self.answers, words])

    def look(self, frames):
        """The image tokens of frames of bytes `[rows, SIDE, SIDE, 3]`."""
        model, side = self.whole.model, SIDE // PATCH
        patches = frames.view(-1, side, PATCH, side, PATCH, 3).permute(0, 1, 3, 5, 2, 4).reshape(-1, CELLS, 3 * PATCH**2)
        embed = model.vision_model.embeddings
        x = (patches.float() / 127.5 - 1).to(self.answers.dtype)
        x = F.linear(x, embed.patch_embedding.weight.flatten(1), embed.patch_embedding.bias)
        x = x + embed.position_embedding.weight
        for layer in model.vision_model.encoder.layers:
            x = layer(x, None)
        return model.connector(model.vision_model.post_layernorm(x))

    def forward(self, block, noise=0.0):
        """The logits where a block has loss, and the image tokens."""
        text = self.whole.model.text_model
        rows, length = block["ids"].shape
        x = F.embedding(block["rows_of_table"], self.table(noise, block["used"]))
        seen = None
        if "frames" in block:
            seen = self.look(block["frames"])
            x = x.index_copy(0, block["images"], seen.flatten(0, 1).to(x.dtype))
        x = x.view(rows, length, -1).clone()  # a view would have the first layer compiled apart
        turns = text.rotary_emb(x[:1, :1], torch.arange(length, device=x.device)[None])
        for layer in text.layers:  # without a mask: the padding is on the right, where nobody looks
            x = layer(x, attention_mask=None, position_embeddings=turns)
        x = text.norm(x.flatten(0, 1).index_select(0, block["places"]))
        return F.linear(x.float(), self.answers.float()), seen

    def perception(self, seen, cells):
        """The loss of naming what every cell holds, the ways to it and to where it is met, and where an image token is;
        counts of things, those all named right, cells with ways, and those with all ways right."""
        guess = self.perceive(seen).float().view(-1, sum(LABELS)).split(LABELS, 1)
        cells = cells[:, self.order].reshape(-1, len(LABELS)).long()
        full = cells[:, 0] > 0
        unnamed = cells == UNNAMED
        open = ~unnamed[:, SIGHTS]
        found = torch.where(full, 1.0, EMPTY)
        loss, right = 0.0, [full, open]
        for at, logits in enumerate(guess):
            ways = at >= SIGHTS
            lost = F.cross_entropy(logits, cells[:, at], reduction="none", ignore_index=UNNAMED)
            weights = (~unnamed[:, at]).float() if ways else found
            mean = (lost * weights).sum() / weights.sum().clamp(min=1)  # at desks there are no ways
            loss = loss + (WAYS * mean if ways else mean)
            right[ways] = right[ways] & (unnamed[:, at] | (logits.argmax(1) == cells[:, at]))
        # The decoder is to read places off the tokens: their order alone teaches it that too slowly.
        places = torch.arange(CELLS // 4, device=seen.device).repeat(len(seen))
        misplaced = F.cross_entropy(self.locate(seen).float().flatten(0, 1), places)
        return loss + misplaced, torch.stack([full.sum(), right[0].sum(), open.sum(), right[1].sum()]).float()

    def weights(self):
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}

    def load(self, weights):
        with torch.no_grad():
            for name, weight in self.weights().items():
                weight.copy_(weights[name])

    @torch.no_grad()
    def start(self, folder):
        """Takes the weights of a folder that was exported. Only what training alone has stays new: the heads."""
        shipped = {}
        for file in folder.glob("model*.safetensors"):
            shipped |= {name: weight.float() for name, weight in load_file(file).items()}
        new = self.whole.load_state_dict(shipped, strict=False)
        # Layers that the folder lacks change nothing at first: what they write is zero.
        layers = self.whole.model.vision_model.encoder.layers
        kept = sum(f"model.vision_model.encoder.layers.{at}.mlp.fc2.bias" in shipped for at in range(len(layers)))
        added = {name for name, _ in self.whole.named_parameters() if any(f"encoder.layers.{at}." in name for at in range(kept, len(layers)))}
        assert not new.unexpected_keys and set(new.missing_keys) <= added | {"lm_head.weight"}, f"{folder} holds another model: {new}"
        for layer in layers[kept:]:
            for last in (layer.self_attn.out_proj, layer.mlp.fc2):
                nn.init.zeros_(last.weight), nn.init.zeros_(last.bias)
        answers, words = shipped["model.text_model.embed_tokens.weight"].split([len(self.answers), len(self.vectors)])
        self.answers.copy_(answers)
        # The table holds projected words; the projection is what explains them best, to f16's rounding.
        found = torch.linalg.lstsq(self.vectors, words)
        self.project.weight.copy_(found.solution.T)
        off = (self.project(self.vectors) - words).norm() / words.norm()
        print(f"starting from {folder}: words are off by {off:.1e}", flush=True)

    def masters(self):
        """What the optimizers change: copies of the weights, at full precision."""
        return {name: weight.detach().float().clone() for name, weight in self.weights().items()}


class Muon:
    """Momentum made orthogonal, for all matrices of one shape at once."""

    def __init__(self, weights, dtype):
        self.groups, self.dtype = {}, dtype
        for weight in weights:
            self.groups.setdefault(tuple(weight.shape), []).append(weight)
        self.momenta = [torch.zeros(len(ws), *shape, device=ws[0].device) for shape, ws in self.groups.items()]

    @torch.no_grad()
    def step(self, rate):
        for (shape, weights), momentum in zip(self.groups.items(), self.momenta):
            if any(weight.grad is None for weight in weights):
                continue
            gradient = torch.stack([weight.grad for weight in weights])
            momentum.lerp_(gradient, 1 - MOMENTUM)
            change = orthogonal(gradient.lerp_(momentum, MOMENTUM).to(self.dtype)).float()  # Nesterov's
            torch._foreach_mul_(weights, 1 - rate * DECAY)
            torch._foreach_add_(weights, list(change.unbind()), alpha=-rate * 0.2 * max(shape) ** 0.5)


def orthogonal(x):
    """Five steps of Newton and Schulz towards the nearest orthogonal matrices."""
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x.mT if tall else x).contiguous()


class Stream:
    """Steps of samples from the generator: a block of kind 0 and the blocks up to the next one."""

    def __init__(self, options, words, device, seed, valid=False):
        command = options.samples.split() + ["stream", "--words", str(options.words), "--seed", str(seed)]
        command += ["--threads", str(options.threads), "--scale", str(options.rows)] + ["--valid"] * valid
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20, pipesize=1 << 20)
        self.words, self.device, self.waited = words, device, 0.0
        self.colours = np.array([words["tokens"].index(name) for name in COLOURS])
        self.random = None if valid else np.random.default_rng(seed)
        self.action = words["tokens"].index("¶action:")
        self.steps = queue.Queue(8)
        threading.Thread(target=self.run, daemon=True).start()

    def read(self, count):
        """So many bytes, in memory that the GPU can fetch from by itself."""
        buffer = torch.empty(count, dtype=torch.uint8, pin_memory=self.device.type == "cuda")
        if self.process.stdout.readinto(memoryview(buffer.numpy())) < count:
            raise EOFError("the generator stopped")
        return buffer

    def pinned(self, array):
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        return tensor.pin_memory() if self.device.type == "cuda" else tensor

    def block(self):
        """The next block as it comes: its kind; ids, where answers begin and end, and frames and labels of cells, if any."""
        magic, kind, rows, length, has_images = struct.unpack("<5I", self.process.stdout.read(20))
        assert magic == MAGIC, "the generator speaks another language"
        ids = self.read(rows * length * 2).numpy().view("<u2").astype(np.int32).reshape(rows, length)
        edges = self.read(rows * 4).numpy().view("<u2").astype(np.int64).reshape(2, rows)
        if not has_images:
            return kind, (ids, edges)
        frames = self.read(rows * SIDE * SIDE * 3).view(rows, SIDE, SIDE, 3)
        return kind, (ids, edges, frames, self.read(rows * CELLS * len(LABELS)).view(rows, CELLS, len(LABELS)))

    def ready(self, ids, edges, frames=None, cells=None):
        """What the trainee takes."""
        rows, length = ids.shape
        table, column = ids & ~UNLEARNED, np.arange(length)
        answer = (column >= edges[0][:, None]) & (column < edges[1][:, None])
        row, place = np.nonzero(answer & (ids < UNLEARNED))
        place -= 1  # where a word is foretold
        # What comes after the last line break with "action:" is the action.
        marks = np.where(table == self.action, column, -1).max(1)
        acts = (marks[row] >= edges[0][row]) & (place >= marks[row])
        block = {"ids": self.pinned(table), "places": self.pinned(row * length + place), "rows": self.pinned(row)}
        # The table is made of the learned rows and of the words that the block uses.
        answers = self.words["answer_tokens"]
        read = table
        if self.random is not None:
            wrong = answer & np.isin(table, self.colours) & (self.random.random(table.shape) < WRONG_COLOURS)
            read = np.where(wrong, self.random.choice(self.colours, table.shape), read)
        used, at = np.unique(np.maximum(read, answers) - answers, return_inverse=True)
        place_of = np.where(read < answers, read, answers + at.reshape(table.shape)).astype(np.int32)
        block |= {"used": self.pinned(used.astype(np.int64)), "rows_of_table": self.pinned(place_of.ravel())}
        block |= {"targets": self.pinned(table[row, place + 1].astype(np.int64)), "acts": self.pinned(acts)}
        if frames is not None:
            images = np.flatnonzero(table == self.words["image"])
            assert len(images) == rows * CELLS // 4, f"{len(images)} image tokens in {rows} rows"
            block |= {"images": self.pinned(images), "frames": frames, "cells": cells}
        return block

    def run(self):
        step = []
        try:
            while True:
                kind, block = self.block()
                if kind == 0 and step:
                    self.steps.put(step)
                    step = []
                step.append((kind, self.ready(*block)))
        except Exception as problem:
            self.steps.put(problem)

    def next(self):
        """The blocks of a step as (kind, tensors on the device)."""
        start = time.monotonic()
        step = self.steps.get()
        self.waited += time.monotonic() - start
        if isinstance(step, Exception):
            raise step
        return [(kind, {name: part.to(self.device, non_blocking=True) for name, part in block.items()}) for kind, block in step]

    def stop(self):
        self.process.kill()
        self.process.wait()


def counts(losses, logits, block, more):
    """What `LOSS` and the names after it say, of one block."""
    right = logits.argmax(1) == block["targets"]
    sums = [losses.sum(), losses.new_full((), len(right)), right.sum()]
    if more:  # whole rows, and whole actions
        rows = block["ids"].shape[0]
        wrong, bad, acting = (torch.zeros(rows, device=right.device) for _ in range(3))
        wrong.index_add_(0, block["rows"], (~right).float())
        bad.index_add_(0, block["rows"], (~right & block["acts"]).float())
        acting.index_add_(0, block["rows"], block["acts"].float())
        act = acting > 0
        sums += [losses.new_full((), rows), (wrong == 0).sum(), act.sum(), (act & (bad == 0)).sum()]
    return F.pad(torch.stack([each.float() for each in sums]).detach(), (0, 7 - len(sums)))


def evaluate(trainee, valid, device):
    """Rates by kind on the fixed samples, and the mean of the rates of whole answers.

    Gradients stay on, though unused: without them everything would be compiled once more.
    """
    totals, seen = torch.zeros(len(KINDS), 7, device=device), torch.zeros(4, device=device)
    for kind, block in valid:
        logits, image = trainee(block)
        if image is not None:
            seen += trainee.perception(image, block["cells"])[1]
        logits = logits.detach()
        totals[kind] += counts(F.cross_entropy(logits, block["targets"], reduction="none"), logits, block, more=True)
    rates = {name: round((right / of.clamp(min=1)).item(), 4) for name, (of, right) in zip(("cells", "ways"), seen.view(2, 2))}
    for name, c in zip(KINDS, totals.tolist()):
        if c[TOKENS]:
            rates[name] = dict(loss=c[LOSS] / c[TOKENS], token=c[TOKENS_RIGHT] / c[TOKENS], whole=c[ROWS_RIGHT] / c[ROWS])
            rates[name] |= {"action": c[ACTIONS_RIGHT] / c[ACTIONS]} if c[ACTIONS] else {}
            rates[name] = {rate: round(value, 4) for rate, value in rates[name].items()}
    wholes = [rates[name]["whole"] for name in KINDS if name in rates]
    return rates, sum(wholes) / len(wholes)


def seal(folder):
    """Writes the checksums of a folder's files."""
    named = (file for file in folder.iterdir() if file.is_file() and file.suffix != ".md" and not file.name.startswith("."))
    files = sorted(file for file in named if file.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (folder / "SHA256SUMS").write_text("".join(sums))


def export(trainee, words, out, block):
    """Writes the Hugging Face folder in f16, and compares it, loaded again, with what was trained."""
    whole = trainee.whole
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        whole.model.text_model.embed_tokens.weight.copy_(trainee.table())
        expected = trainee(block)[0].cpu()
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("model*.safetensors*"), out / "SHA256SUMS"]:
        old.unlink(missing_ok=True)
    half = Idefics3ForConditionalGeneration(whole.config).half()
    half.load_state_dict(whole.state_dict())
    half.tie_weights()
    half.save_pretrained(out, max_shard_size="15MB")
    for file in out.glob("model*.safetensors"):
        file.chmod(0o644)
    for file in words.iterdir():
        if file.name not in ("vectors.npy", "words.json", "config.json"):
            shutil.copyfile(file, out / file.name)
    seal(out)
    again = Idefics3ForConditionalGeneration.from_pretrained(out, dtype=torch.float32).eval()
    pixels = {}
    if "frames" in block:
        pixels["pixel_values"] = block["frames"].cpu().permute(0, 3, 1, 2)[:, None] / 127.5 - 1
    with torch.no_grad():
        found = again(input_ids=block["ids"].cpu().long(), use_cache=False, **pixels).logits.flatten(0, 1)
    found = found[block["places"].cpu(), : expected.shape[1]]
    off, spread = (found - expected).abs().max().item(), expected.std().item()
    assert off < 0.05 * spread + 0.01, f"loaded again, logits are off by {off}, their spread is {spread}"
    same = (found.argmax(1) == expected.argmax(1)).float().mean().item()
    print(f"exported {out}: logits off by {off:.4f} of a spread of {spread:.2f}, likeliest token the same {same:.4f}", flush=True)


def first_rows(block, rows):
    """A small block of the first rows."""
    keep = block["rows"] < rows
    part = {name: block[name][:rows] for name in ("ids", "frames", "cells") if name in block}
    part |= {name: block[name][keep] for name in ("rows", "places", "targets", "acts")}
    part |= {"used": block["used"], "rows_of_table": block["rows_of_table"][: rows * block["ids"].shape[1]]}
    return part | ({"images": block["images"][: rows * CELLS // 4]} if "images" in block else {})


def slim(value, dtype):
    """Part of a checkpoint with its numbers in another type."""
    if isinstance(value, dict):
        return {key: slim(each, dtype) for key, each in value.items()}
    if isinstance(value, list):
        return [slim(each, dtype) for each in value]
    return value.to(dtype) if isinstance(value, torch.Tensor) and value.dim() else value


def save(path, state):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--words", type=Path, required=True, help="the folder that words.py made")
    parser.add_argument("--samples", required=True, help="the generator's command")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--minutes", type=float, default=9, help="all the time there is, over all sittings")
    parser.add_argument("--sitting", type=float, default=math.inf, help="how many minutes this sitting may last")
    parser.add_argument("--resume", type=Path, help="a checkpoint, or the folder that holds one")
    parser.add_argument("--start", type=Path, help="an exported folder whose weights are gone on from, where no checkpoint is left")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) - 2), help="the generator's")
    parser.add_argument("--valid-steps", type=int, default=4, help="how many steps' blocks the evaluation has")
    parser.add_argument("--every", type=float, default=60, help="seconds between evaluations and checkpoints")
    parser.add_argument("--log", type=int, default=50, help="steps between lines of progress")
    parser.add_argument("--steps", type=int, default=10**9, help="stop after so many, for tests")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available())
    parser.add_argument("--slim", action="store_true", help="also a checkpoint of a third of the size, to carry away")
    parser.add_argument("--size", choices=SIZES, default="full", help="tiny is a toy to test with")
    parser.add_argument("--rows", type=int, default=8, help="rows a step, in units of 60")
    parser.add_argument("--rate", type=float, default=RATE, help="the highest learning rate; less where --start goes on from trained weights")
    parser.add_argument("--cool", type=float, help="hold the rate until so many minutes before the end; all the way down if not given")
    return parser.parse_args()


def main():
    options = arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(options.seed)
    words = json.loads((options.words / "words.json").read_text(encoding="utf-8"))
    trainee = Trainee(words, np.load(options.words / "vectors.npy"), SIZES[options.size]).to(device)
    trainee.train()
    if options.start:
        trainee.start(options.start)
    weights = trainee.masters()
    turns = trainee.whole.model.text_model.rotary_emb
    frequencies = turns.inv_freq.clone()
    dtype = working_type(device)
    trainee.to(dtype)
    turns.inv_freq = frequencies  # rounded, they would be other turns than those of the shipped model
    working = list(trainee.weights().values())
    blocks = [name for name, w in weights.items() if w.dim() == 2 and ".layers." in name]
    muon = Muon([weights[name] for name in blocks], dtype)
    others = [w for name, w in weights.items() if name not in set(blocks)]
    decays = [dict(params=[w for w in others if w.dim() > 1], weight_decay=DECAY)]
    decays += [dict(params=[w for w in others if w.dim() == 1], weight_decay=0.0)]
    adam = torch.optim.AdamW(decays, lr=RATE, betas=(0.9, 0.95), fused=True)
    step, before, sitting, best, best_rate = 0, 0.0, 0, None, -1.0
    if options.resume:
        file = options.resume if options.resume.is_file() else options.resume / "checkpoint.pt"
        state = torch.load(file, map_location=device, weights_only=True)
        for name, weight in weights.items():
            weight.copy_(state["weights"][name])
        trainee.load(weights)
        adam.load_state_dict(state["adam"])
        for momentum, saved in zip(muon.momenta, state["muon"], strict=True):
            momentum.copy_(saved)
        step, before, sitting = state["step"], state["elapsed"], state["sitting"] + 1
        best, best_rate = state["best"], state["best_rate"]
        torch.manual_seed(options.seed + sitting)
    if options.compile:
        torch._dynamo.config.suppress_errors = True  # without a C compiler it is slower, not over
        for layer in [*trainee.whole.model.text_model.layers, *trainee.whole.model.vision_model.encoder.layers]:
            layer.compile(dynamic=True)
    stream = Stream(options, words, device, options.seed + sitting * 1_000_003)
    valid_stream = Stream(options, words, device, options.seed, valid=True)
    valid = [block for _ in range(options.valid_steps) for block in valid_stream.next()]
    valid_stream.stop()
    size = sum(w.numel() for w in weights.values())
    print(f"{size:,} trained weights, {sum(w.numel() for w in others):,} not Muon's; {len(valid)} blocks to evaluate on", flush=True)

    tally, seen = torch.zeros(len(KINDS), 7, device=device), torch.zeros(4, device=device)
    rows = tokens = 0
    logged = checked = time.monotonic()
    total, limit = options.minutes * 60, options.sitting * 60

    def elapsed():
        return before + time.monotonic() - BEGAN

    cooling = False

    def checkpoint(name="checkpoint.pt"):
        state = dict(weights=weights, adam=adam.state_dict(), muon=muon.momenta, step=step)
        state |= dict(elapsed=elapsed(), sitting=sitting, seed=options.seed, best=best, best_rate=best_rate)
        save(options.out / "checkpoint" / name, state)
        if options.slim:
            small = {"weights": slim(state["weights"], torch.float16), "best": None, "best_rate": -1.0}
            small |= {name: slim(state[name], torch.bfloat16) for name in ("adam", "muon")}
            save(options.out / "checkpoint" / "slim.pt", state | small)

    def check():
        nonlocal best, best_rate
        rates, rate = evaluate(trainee, valid, device)
        print(f"evaluation at step {step}, {elapsed():.0f} s: {json.dumps(rates)}", flush=True)
        if rate >= best_rate:
            best, best_rate = {name: weight.clone() for name, weight in weights.items()}, rate

    while elapsed() < total and elapsed() - before < limit and step < options.steps:
        held = 0.0 if options.cool is None else max(0.0, total - options.cool * 60)
        if elapsed() > held and step and not cooling:
            cooling = True
            checkpoint("warm.pt")  # to go on from with more minutes
        fraction = min(1.0, max(0.0, elapsed() - held) / (total - held))
        rate = options.rate * min(1.0, (step + 1) / WARM_UP) * (LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * fraction)))
        batch = stream.next()
        targets = sum(len(block["targets"]) for _, block in batch)
        frames = sum(len(block["frames"]) for _, block in batch if "frames" in block)
        for kind, block in batch:
            logits, image = trainee(block, NOISE)
            losses = F.cross_entropy(logits, block["targets"], reduction="none")
            loss = losses.sum() / targets
            if image is not None:
                named, found = trainee.perception(image, block["cells"])
                loss = loss + AUXILIARY * named * (len(image) / frames)
                seen += found
            loss.backward()
            tally[kind] += counts(losses, logits, block, more=False)
            rows, tokens = rows + block["ids"].shape[0], tokens + block["ids"].numel()
        for weight, worked in zip(weights.values(), working):
            weight.grad, worked.grad = worked.grad.float(), None
        torch.nn.utils.clip_grad_norm_(weights.values(), CLIP)
        for group in adam.param_groups:
            group["lr"] = rate
        adam.step()
        muon.step(rate)
        with torch.no_grad():
            torch._foreach_copy_(working, list(weights.values()))
        step += 1
        if step % options.log == 0:
            losses = [f"{name} {c[LOSS] / c[TOKENS]:.3f} {c[TOKENS_RIGHT] / c[TOKENS]:.3f}" for name, c in zip(KINDS, tally.tolist()) if c[TOKENS]]
            (things, named, cells, found), now = seen.tolist(), time.monotonic()
            took = now - logged
            print(
                f"step {step}  rate {rate:.5f}  loss, tokens right: {', '.join(losses)}  cells {named / max(1, things):.3f}  ways {found / max(1, cells):.3f}  "
                f"{rows / took:.0f} rows/s  {tokens / took / 1e6:.3f} M tokens/s  waited {stream.waited / took:.1%}  "
                f"{max(0, total - elapsed()):.0f} s left", flush=True,
            )
            tally.zero_(), seen.zero_()
            rows, tokens, logged, stream.waited = 0, 0, now, 0.0
        if time.monotonic() - checked > options.every:
            check()
            checkpoint()
            checked = time.monotonic()
            logged, stream.waited, rows, tokens = checked, 0.0, 0, 0
    stream.stop()
    check()
    checkpoint()
    trainee.float()
    trainee.load(best)
    print(f"done: {step} steps in {elapsed():.0f} s; the best rate of whole answers is {best_rate:.4f}", flush=True)
    export(trainee, options.words, options.out, first_rows(valid[0][1], 4))


if __name__ == "__main__":
    main()
