"""Writes the fixtures of this folder from Hugging Face's own Idefics3: tiny models with random
weights, what they compute and what their processor makes of a chat. The same run gives the same bytes.

    python tests/parity/reference.py
"""

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoProcessor,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
    PreTrainedTokenizerFast,
)

# The module itself: the name in `transformers` is a stand-in where torchvision is absent.
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

HERE = Path(__file__).parent

# SmolVLM's own template.
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)

FIRST = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LAST = (
    ["<global-img>"]
    + [f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]
    + ["<fake_token_around_image>", "<image>", "<end_of_utterance>"]
)

CORPUS = [
    "System: You play a small game. Look at the picture, think, then answer with one action.",
    "User: What do you see? The status is: score 12, lives 3. Which action is best?",
    "Assistant: I see a red ball near the wall, so I move left. ACTION: left",
    "RULE_ID: 1 TRIGGER: a blue key is near NEW_HEURISTIC: walk to the key, then to the door.",
    "left right up down wait fire jump the a is of to and in it that was for on are with as",
    "café naïve Zürich über 日本語 — “quoted”, don't we'll they're 3.14 100% #42\n\nnew line\tand tab",
]

# Each fixture: the configuration, its processor's settings, how many images its prompt has, and what
# is special about its files.
FIXTURES = {
    "grouped": {
        "tokenizer": "bytes",
        "images": 1,
        "layout": "new",
        "config": {
            "scale_factor": 2,
            "tie_word_embeddings": True,
            "text_config": {
                "hidden_size": 16,
                "intermediate_size": 24,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "num_key_value_heads": 2,
                "rms_norm_eps": 1e-5,
                "rope_parameters": {"rope_type": "default", "rope_theta": 500.0},
            },
            "vision_config": {
                "hidden_size": 12,
                "intermediate_size": 20,
                "num_hidden_layers": 2,
                "num_attention_heads": 3,
                "image_size": 96,
                "patch_size": 16,
            },
        },
        "preprocessor": {"do_image_splitting": False, "size": 96, "max_image_size": 96},
    },
    "sharded": {
        "tokenizer": "fallback",
        "images": 2,
        "layout": "published",
        "shard_bytes": 30_000,
        "config": {
            "scale_factor": 3,
            "text_config": {
                "model_type": "llama",
                "hidden_size": 12,
                "intermediate_size": 32,
                "num_hidden_layers": 3,
                "num_attention_heads": 3,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "rope_theta": 100000,
                "rms_norm_eps": 1e-2,
            },
            "vision_config": {
                "model_type": "idefics3",
                "hidden_size": 8,
                "intermediate_size": 12,
                "num_hidden_layers": 3,
                "num_attention_heads": 2,
                "image_size": 48,
                "patch_size": 8,
                "layer_norm_eps": 1e-2,
            },
        },
        "preprocessor": {"do_image_splitting": True, "size": 96, "max_image_size": 48},
    },
    "half": {
        "tokenizer": "words",
        "images": 2,
        "layout": "published",
        "dtype": torch.float16,
        "config": {
            "scale_factor": 1,
            "text_config": {
                "model_type": "llama",
                "hidden_size": 20,
                "intermediate_size": 28,
                "num_hidden_layers": 2,
                "num_attention_heads": 5,
            },
            "vision_config": {
                "hidden_size": 16,
                "intermediate_size": 24,
                "num_hidden_layers": 1,
                "num_attention_heads": 1,
                "image_size": 32,
                "patch_size": 16,
            },
        },
        "preprocessor": {
            "do_image_splitting": True,
            "size": 48,
            "max_image_size": 32,
            "image_mean": [0.48, 0.45, 0.4],
            "image_std": [0.22, 0.25, 0.27],
        },
    },
    "bfloat": {
        "tokenizer": "bytes",
        "images": 1,
        "layout": "published",
        "dtype": torch.bfloat16,
        "config": {
            "scale_factor": 4,
            "tie_word_embeddings": True,
            "text_config": {
                "model_type": "llama",
                "hidden_size": 18,
                "intermediate_size": 26,
                "num_hidden_layers": 2,
                "num_attention_heads": 9,
                "num_key_value_heads": 3,
                "head_dim": 4,
                "rope_theta": 273.0,
            },
            "vision_config": {
                "hidden_size": 8,
                "intermediate_size": 16,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "image_size": 48,
                "patch_size": 4,
            },
        },
        "preprocessor": {"do_image_splitting": False, "do_resize": False, "size": 96, "max_image_size": 48},
    },
}


def special(words):
    return [AddedToken(word, special=True, normalized=False) for word in words]


def tokenizer(kind):
    """A tiny tokenizer: of bytes as SmolVLM's, of characters that falls back to bytes, or of words."""
    if kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        made.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=300,
            special_tokens=special(FIRST),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        made.train_from_iterator(CORPUS, trainer)
    elif kind == "fallback":
        letters = sorted(set("".join(CORPUS[:5])) - {" ", "\n"})
        merges = ["▁ t", "▁t h", "▁th e", "i n", "in g", "▁ a", "e r", "l e"]
        merges = [tuple(merge.split(" ")) for merge in merges]
        words = FIRST + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁"] + letters
        words += ["".join(pair) for pair in merges]
        vocabulary = {word: at for at, word in enumerate(words)}
        unknown = dict(unk_token="<|endoftext|>", fuse_unk=True, byte_fallback=True)
        made = Tokenizer(models.BPE(vocabulary, merges, **unknown))
        made.normalizer = normalizers.Replace(" ", "▁")
        made.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        made.add_special_tokens(special(FIRST))
    else:
        made = Tokenizer(models.WordLevel(unk_token="<|endoftext|>"))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        trainer = trainers.WordLevelTrainer(
            vocab_size=120, special_tokens=special(FIRST), show_progress=False
        )
        made.train_from_iterator(CORPUS, trainer)
    made.add_special_tokens(special(LAST))
    return made


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def write_processor(folder, fixture, words):
    """The processor's files, either as the published SmolVLM folders have them or as the newest
    transformers writes them."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<|im_start|>",
        eos_token="<end_of_utterance>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        extra_special_tokens=["<fake_token_around_image>", "<image>", "<end_of_utterance>"],
        clean_up_tokenization_spaces=False,
    )
    vision = fixture["config"]["vision_config"]
    length = (vision["image_size"] // vision["patch_size"]) ** 2 // fixture["config"]["scale_factor"] ** 2
    settings = dict(fixture["preprocessor"])
    for edge in ("size", "max_image_size"):
        settings[edge] = {"longest_edge": settings[edge]}
    processor = Idefics3Processor(
        Idefics3ImageProcessorPil(**settings), wrapped, image_seq_len=length, chat_template=TEMPLATE
    )
    processor.save_pretrained(folder)
    if fixture["layout"] == "published":
        saved = json.loads((folder / "processor_config.json").read_text())
        images = saved.pop("image_processor")
        images["image_processor_type"] = "Idefics3ImageProcessor"
        write_json(folder / "preprocessor_config.json", images)
        write_json(folder / "processor_config.json", saved)
        (folder / "chat_template.jinja").unlink()
        write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})


def random(name, shape, scale):
    """Random numbers that depend on the name and the shape alone."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    return torch.randn(shape, generator=generator) * scale


def fill(model, dtype):
    """Random weights of a size at which every layer matters; norms off one and biases off zero."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                value = 1 + random(name, weight.shape, 0.3)
            elif name.endswith("bias"):
                value = random(name, weight.shape, 0.3)
            elif "embed" in name and weight.dim() == 2:
                value = random(name, weight.shape, 0.7)
            else:
                value = random(name, weight.shape, 1.5 / weight[0].numel() ** 0.5)
            weight.copy_(value.to(dtype).float())


def frame(which):
    """A 96x96 picture with flat areas, edges and slopes, as games draw them."""
    rows, columns = np.mgrid[0:96, 0:96]
    red = (columns * 5 + rows * which * 3) % 256
    green = np.where((rows // 12 + columns // 12 + which) % 2 == 0, 220, 30)
    blue = np.where((rows - 48) ** 2 + (columns - 40) ** 2 < 500 + 300 * which, 255, rows * 2)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def user(*parts):
    return {"role": "user", "content": [part if isinstance(part, dict) else text(part) for part in parts]}


def text(words):
    return {"type": "text", "text": words}


IMAGE = {"type": "image"}
SYSTEM = {"role": "system", "content": [text("You play a small game.\nRULE_ID: 1 TRIGGER: a blue key")]}
CHATS = {
    "picture first": [user(IMAGE, "Which action is best?")],
    "picture last": [SYSTEM, user("score 12, lives 3 ", IMAGE)],
    "two pictures": [SYSTEM, user("before", IMAGE, " and after", IMAGE, "\n\nWhat was it?")],
    "a whole talk": [
        user("What do you see?"),
        {"role": "assistant", "content": [text(" I see a red ball, café 日本語 — don't.")]},
        user(IMAGE, " the wall is 100% ☃ \t\n"),
    ],
}


def reference(folder, images):
    """What transformers computes from the folder as it lies there, in 32 bits."""
    model = Idefics3ForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    processor = AutoProcessor.from_pretrained(folder)
    parts = [part for at in range(images) for part in (IMAGE, f"ball {at}")]
    chat = [{"role": "system", "content": [text("Look")]}, user(*parts)]
    prompt = processor.apply_chat_template(chat, add_generation_prompt=True)
    answer = " I see a wall. ACTION: left<end_of_utterance>"
    size, count = model.config.vision_config.image_size, processor.image_seq_len
    shown = "<fake_token_around_image><global-img>" + "<image>" * count + "<fake_token_around_image>"
    ask = processor.tokenizer(prompt.replace("<image>", shown), add_special_tokens=False)["input_ids"]
    tell = processor.tokenizer(answer, add_special_tokens=False)["input_ids"]
    input_ids = torch.tensor([ask + tell])
    labels = torch.tensor([[-100] * len(ask) + tell])
    pixel_values = random(folder.name + " pixels", (1, images, 3, size, size), 0.6).clamp(-1, 1)

    out = model(input_ids=input_ids, pixel_values=pixel_values, labels=labels, output_attentions=True)
    out.loss.backward()
    tensors = {
        "input_ids": input_ids[0],
        "labels": labels[0],
        "pixel_values": pixel_values[0],
        "logits": out.logits[0].detach(),
        "loss": out.loss.detach().reshape(1),
        "image_hidden_states": out.image_hidden_states.detach(),
        # The mean over the decoder's layers and heads, a row for each token that looks.
        "attention": torch.stack(out.attentions).mean((0, 1, 2)).detach(),
    }
    for name, weight in model.named_parameters():
        tensors[f"grad.{name}"] = weight.grad
        # A key's bias moves all scores of a query alike, so softmax leaves it without a gradient.
        assert name.endswith("k_proj.bias") or weight.grad.norm() > 1e-3, f"{name} does nothing"
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(tensors, folder / "reference.safetensors")
    logits = out.logits.detach()
    spread, parameters = logits.std(), sum(weight.numel() for weight in model.parameters())
    print(
        f"{folder.name:8} {parameters:6} parameters, {len(input_ids[0])} tokens, "
        f"loss {out.loss.item():.4f}, logits' spread {spread:.2f}"
    )


def write_fixture(name, fixture):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    words = tokenizer(fixture["tokenizer"])
    config = json.loads(json.dumps(fixture["config"]))
    config["image_token_id"] = words.token_to_id("<image>")
    config["text_config"] |= {
        "vocab_size": words.get_vocab_size(),
        "bos_token_id": words.token_to_id("<|im_start|>"),
        "eos_token_id": words.token_to_id("<end_of_utterance>"),
        "pad_token_id": words.token_to_id("<|im_end|>"),
    }
    if config.get("tie_word_embeddings"):
        config["text_config"]["tie_word_embeddings"] = True
    model = Idefics3ForConditionalGeneration(Idefics3Config.from_dict(json.loads(json.dumps(config))))
    dtype = fixture.get("dtype", torch.float32)
    fill(model, dtype)
    model.to(dtype).save_pretrained(folder, max_shard_size=fixture.get("shard_bytes", 10**9))
    if fixture["layout"] == "published":
        # Sparse, and with the names of the older transformers that the published folders come from.
        config |= {"architectures": ["Idefics3ForConditionalGeneration"], "model_type": "idefics3"}
        config["torch_dtype"] = str(dtype).removeprefix("torch.")
        write_json(folder / "config.json", config)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_processor(folder, fixture, words)
    reference(folder, fixture["images"])


def processor_case(folder, override, name, chat):
    processor = AutoProcessor.from_pretrained(folder)
    assert type(processor) is Idefics3Processor, type(processor)
    for key, value in override.items():
        setattr(processor.image_processor, key, value)
    count = sum(part["type"] == "image" for message in chat for part in message["content"])
    images = [Image.fromarray(frame(which)) for which in range(count)]
    prompt = processor.apply_chat_template(chat, add_generation_prompt=True)
    asked = dict(text=prompt, return_tensors="pt", add_special_tokens=False)
    out = processor(**asked, images=images) if images else processor(**asked)
    case = {
        "folder": folder.name,
        "preprocessor": override,
        "name": name,
        "chat": chat,
        "prompt": prompt,
        "input_ids": out["input_ids"][0].tolist(),
        "text": processor.tokenizer.decode(out["input_ids"][0], skip_special_tokens=True),
    }
    if images:
        tiles = out["pixel_values"][0].double()
        case["tiles"] = [
            {
                "shape": list(tile.shape),
                "mean": [round(value, 6) for value in tile.mean((1, 2)).tolist()],
                # Every seventh pixel, [3, rows, columns], flat.
                "seventh": [round(value, 6) for value in tile[:, ::7, ::7].flatten().tolist()],
            }
            for tile in tiles
        ]
    return case


def write_processor_cases():
    tiled = {"do_image_splitting": True, "size": {"longest_edge": 192}}
    cases = [processor_case(HERE / "grouped", {}, name, chat) for name, chat in CHATS.items()]
    cases.append(processor_case(HERE / "grouped", tiled, "two pictures", CHATS["two pictures"]))
    for folder in ("sharded", "half", "bfloat"):
        for name in ("picture first", "a whole talk"):
            cases.append(processor_case(HERE / folder, {}, name, CHATS[name]))
    path = HERE / "processor.json"
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    path.write_text(f"[\n{lines}\n]\n", "utf-8")


# The published SmolVLM-256M-Instruct, as sparse as it can be: what is not here is the class's default.
SMOLVLM = {
    "architectures": ["Idefics3ForConditionalGeneration"],
    "image_token_id": 49190,
    "model_type": "idefics3",
    "scale_factor": 4,
    "text_config": {
        "architectures": ["VLlama3ForCausalLM"],
        "bos_token_id": 1,
        "eos_token_id": 2,
        "head_dim": 64,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "is_llama_config": True,
        "max_position_embeddings": 8192,
        "model_type": "llama",
        "num_attention_heads": 9,
        "num_hidden_layers": 30,
        "num_key_value_heads": 3,
        "pad_token_id": 2,
        "pixel_shuffle_factor": 4,
        "qk_layer_norms": False,
        "rms_norm_eps": 1e-05,
        "rope_interleaved": False,
        "rope_scaling": None,
        "rope_theta": 100000,
        "tie_word_embeddings": False,
        "use_resampler": False,
        "vocab_size": 49280,
    },
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.46.0",
    "use_cache": True,
    "vision_config": {
        "hidden_size": 768,
        "image_size": 512,
        "max_image_size": {"longest_edge": 512},
        "model_type": "idefics3",
        "num_attention_heads": 12,
        "patch_size": 16,
        "size": {"longest_edge": 2048},
        "use_base_siglip": True,
    },
    "vocab_size": 49280,
}


def write_smolvlm():
    folder = HERE / "smolvlm-256m"
    folder.mkdir(exist_ok=True)
    write_json(folder / "config.json", SMOLVLM)
    with torch.device("meta"):
        model = Idefics3ForConditionalGeneration(Idefics3Config.from_pretrained(folder))
    lines = [f"{name} {'x'.join(map(str, weight.shape))}" for name, weight in model.named_parameters()]
    (folder / "shapes.txt").write_text("\n".join(lines) + "\n")
    total = sum(weight.numel() for weight in model.parameters())
    assert total == 256_484_928, total
    print(f"smolvlm-256m {total} parameters in {len(lines)} tensors")


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, fixture in FIXTURES.items():
        write_fixture(name, fixture)
    write_processor_cases()
    write_smolvlm()
    total = 0
    for path in sorted(path for path in HERE.rglob("*") if path.is_file()):
        total += path.stat().st_size
        print(f"{path.stat().st_size:9} {path.relative_to(HERE)}")
    print(f"{total:9} bytes in all")


if __name__ == "__main__":
    main()
