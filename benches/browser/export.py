"""Writes the text decoder of an Idefics3 folder in the formats that other browser runtimes read.

    python export.py MODEL_FOLDER OUTPUT_FOLDER

The same weights, so the same answers: reference.json holds what `transformers` says, and a
runtime that says otherwise is not worth timing. The vision tower stays behind; only decoding
is compared.
"""

import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import Idefics3ForConditionalGeneration

PROMPT, ANSWER, LOGITS = 16, 8, 8
QUANTISED = gguf.GGMLQuantizationType.Q8_0
Q8_BLOCK = gguf.GGML_QUANT_SIZES[QUANTISED][0]


def main(folder, out):
    out.mkdir(parents=True, exist_ok=True)
    model = Idefics3ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    decoder = Decoder(model)
    (out / "reference.json").write_text(json.dumps(reference(model), indent=1) + "\n")
    write_gguf(decoder, out / "decoder-f32.gguf", quantised=False)
    write_gguf(decoder.padded(Q8_BLOCK), out / "decoder-q8_0.gguf", quantised=True)
    write_onnx(decoder, out / "decoder-f32.onnx")
    # Whole-integer products with one scale a row. The other 8-bit way, MatMulNBits, unpacks the
    # weights at every call in a browser, which takes four times as long a token.
    quantize_dynamic(out / "decoder-f32.onnx", out / "decoder-q8.onnx", weight_type=QuantType.QInt8,
                     per_channel=True, op_types_to_quantize=["MatMul"],
                     extra_options={"DefaultTensorType": TensorProto.FLOAT})  # it can't see through fused nodes


class Decoder:
    """The weights and the few numbers that every format asks for."""

    def __init__(self, model):
        text = model.config.text_config
        assert text.hidden_act == "silu" and not text.attention_bias and not text.mlp_bias
        assert text.rope_parameters["rope_type"] == "default"
        assert torch.equal(model.lm_head.weight, model.model.text_model.embed_tokens.weight), "embeddings must be tied"
        self.hidden, self.layers = text.hidden_size, text.num_hidden_layers
        self.heads, self.kv_heads = text.num_attention_heads, text.num_key_value_heads
        self.head_dim = text.head_dim or text.hidden_size // text.num_attention_heads
        self.inner, self.vocab = text.intermediate_size, model.lm_head.weight.shape[0]
        self.context, self.epsilon = text.max_position_embeddings, text.rms_norm_eps
        self.theta = text.rope_parameters["rope_theta"]
        self.weights = {name: tensor.numpy() for name, tensor in model.model.text_model.state_dict().items()}

    def layer(self, i, name):
        return self.weights[f"layers.{i}.{name}.weight"]

    def padded(self, multiple):
        """The same function with the MLP's inner width rounded up by zeros: silu(0) * 0 adds nothing.

        Q8_0 wants rows of whole blocks, and llama.cpp's own fallback for other rows, f16, would
        make the quantised file slower than it need be.
        """
        extra = -self.inner % multiple
        copy = object.__new__(Decoder)
        copy.__dict__ = {**self.__dict__, "inner": self.inner + extra, "weights": dict(self.weights)}
        for i in range(self.layers):
            for name, rows, columns in [("gate", extra, 0), ("up", extra, 0), ("down", 0, extra)]:
                key = f"layers.{i}.mlp.{name}_proj.weight"
                copy.weights[key] = np.pad(self.weights[key], [(0, rows), (0, columns)])
        return copy


@torch.no_grad()
def reference(model):
    """What `transformers` answers, greedily, to a prompt that every vocabulary of 96 or more has."""
    vocab = model.lm_head.weight.shape[0]
    ids = [(37 * i + 11) % vocab for i in range(PROMPT)]
    logits = model(input_ids=torch.tensor([ids])).logits[0, -1]
    answer, text = [], list(ids)
    for _ in range(ANSWER):
        answer.append(int(model(input_ids=torch.tensor([text])).logits[0, -1].argmax()))
        text.append(answer[-1])
    return {"vocab": vocab, "ids": ids, "next": answer, "logits": logits[:LOGITS].tolist(),
            "spread": float(logits.std()),  # what an error is to be measured against
            # Some runtimes only show log-probabilities: logit - logsumexp.
            "logsumexp": float(logits.logsumexp(0))}


def write_gguf(decoder, path, quantised):
    d, file = decoder, gguf.GGUFWriter(path, "llama")
    file.add_context_length(d.context)
    file.add_embedding_length(d.hidden)
    file.add_block_count(d.layers)
    file.add_feed_forward_length(d.inner)
    file.add_head_count(d.heads)
    file.add_head_count_kv(d.kv_heads)
    file.add_key_length(d.head_dim)
    file.add_value_length(d.head_dim)
    file.add_rope_dimension_count(d.head_dim)
    file.add_rope_freq_base(d.theta)
    file.add_layer_norm_rms_eps(d.epsilon)
    file.add_vocab_size(d.vocab)
    file.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quantised else gguf.LlamaFileType.ALL_F32)
    # A tokenizer that only spells out ids: token i is the one character U+10000 + i. The "rwkv"
    # kind has no merges and no end token, so nothing but the model's speed is measured, and
    # nothing stops early. It insists on a newline, which is token 0.
    file.add_tokenizer_model("rwkv")
    file.add_token_list([b"\\n"] + [chr(0x10000 + i).encode() for i in range(1, d.vocab)])
    file.add_token_types([gguf.TokenType.NORMAL] * d.vocab)

    def add(name, weight):
        if quantised and weight.ndim == 2:
            file.add_tensor(f"{name}.weight", gguf.quants.quantize(weight, QUANTISED), raw_dtype=QUANTISED)
        else:
            file.add_tensor(f"{name}.weight", np.ascontiguousarray(weight))

    add("token_embd", d.weights["embed_tokens.weight"])
    add("output_norm", d.weights["norm.weight"])
    for i in range(d.layers):
        add(f"blk.{i}.attn_norm", d.layer(i, "input_layernorm"))
        add(f"blk.{i}.attn_q", interleaved(d.layer(i, "self_attn.q_proj"), d.heads))
        add(f"blk.{i}.attn_k", interleaved(d.layer(i, "self_attn.k_proj"), d.kv_heads))
        add(f"blk.{i}.attn_v", d.layer(i, "self_attn.v_proj"))
        add(f"blk.{i}.attn_output", d.layer(i, "self_attn.o_proj"))
        add(f"blk.{i}.ffn_norm", d.layer(i, "post_attention_layernorm"))
        for name in ["gate", "up", "down"]:
            add(f"blk.{i}.ffn_{name}", d.layer(i, f"mlp.{name}_proj"))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def interleaved(weight, heads):
    """Rows of each head from (first halves, second halves), as Hugging Face rotates, to pairs, as llama.cpp does."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write_onnx(decoder, path):
    """The graph that onnxruntime is fastest with: its own fused norms and grouped-query attention.

    Only the last position's logits are computed: a sampler needs no others.
    """
    d, nodes, weights = decoder, [], []

    def weight(name, value):
        weights.append(numpy_helper.from_array(value, name))
        return name

    def node(kind, inputs, outputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def fused(kind, inputs, outputs, **attributes):
        return node(kind, inputs, outputs, domain="com.microsoft", **attributes)

    def linear(x, name, *parts):
        """x (B, T, in) times the transposed rows of all the parts -> (B, T, out)"""
        return node("MatMul", [x, weight(f"{name}.weight", np.concatenate(parts).T)], [name])

    def value(name, kind, *shape):
        return helper.make_tensor_value_info(name, kind, shape)

    angles = np.outer(np.arange(d.context), d.theta ** (-np.arange(0, d.head_dim, 2) / d.head_dim))  # (context, head_dim / 2)
    cos, sin = weight("cos", np.cos(angles).astype("f4")), weight("sin", np.sin(angles).astype("f4"))
    cache = ["batch", d.kv_heads, "past", d.head_dim]
    inputs = [value("input_ids", TensorProto.INT64, "batch", "sequence"),
              value("seqlens_k", TensorProto.INT32, "batch"),  # tokens in the cache after this call, less one
              value("total_sequence_length", TensorProto.INT32)]
    outputs = [value("logits", TensorProto.FLOAT, "batch", d.vocab)]

    x = node("Gather", [weight("embed", d.weights["embed_tokens.weight"]), "input_ids"], ["embedded"])  # (B, T, hidden)
    normed = node("SimplifiedLayerNormalization", [x, weight("norm_0.weight", d.layer(0, "input_layernorm"))],
                  ["norm_0"], epsilon=d.epsilon, axis=-1)
    for i in range(d.layers):
        past, present = [[f"{when}.{i}.{kind}" for kind in ["key", "value"]] for when in ["past_key_values", "present"]]
        inputs += [value(name, TensorProto.FLOAT, *cache) for name in past]
        outputs += [value(name, TensorProto.FLOAT, *["total" if n == "past" else n for n in cache]) for name in present]
        qkv = linear(normed, f"qkv_{i}", *[d.layer(i, f"self_attn.{n}_proj") for n in "qkv"])
        fused("GroupQueryAttention", [qkv, "", "", *past, "seqlens_k", "total_sequence_length", cos, sin],
              [f"attended_{i}", *present], num_heads=d.heads, kv_num_heads=d.kv_heads,
              scale=1 / math.sqrt(d.head_dim), do_rotary=1, rotary_interleaved=0)
        mixed = linear(f"attended_{i}", f"mixed_{i}", d.layer(i, "self_attn.o_proj"))
        fused("SkipSimplifiedLayerNormalization",
              [x, mixed, weight(f"mlp_norm_{i}.weight", d.layer(i, "post_attention_layernorm"))],
              [f"mlp_norm_{i}", "", "", f"middle_{i}"], epsilon=d.epsilon)
        gate = linear(f"mlp_norm_{i}", f"gate_{i}", d.layer(i, "mlp.gate_proj"))
        up = linear(f"mlp_norm_{i}", f"up_{i}", d.layer(i, "mlp.up_proj"))
        gated = node("Mul", [gate, node("Sigmoid", [gate], [f"sigmoid_{i}"])], [f"silu_{i}"])
        down = linear(node("Mul", [gated, up], [f"gated_{i}"]), f"down_{i}", d.layer(i, "mlp.down_proj"))
        last = i + 1 == d.layers
        scale = d.weights["norm.weight"] if last else d.layer(i + 1, "input_layernorm")
        normed, x = f"norm_{i + 1}", f"residual_{i + 1}"
        fused("SkipSimplifiedLayerNormalization", [f"middle_{i}", down, weight(f"{normed}.weight", scale)],
              [normed, "", "", "" if last else x], epsilon=d.epsilon)
    node("Gather", [normed, weight("last_position", np.array(-1))], ["last"], axis=1)  # (B, hidden)
    linear("last", "logits", d.weights["embed_tokens.weight"])

    graph = helper.make_graph(nodes, "decoder", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
