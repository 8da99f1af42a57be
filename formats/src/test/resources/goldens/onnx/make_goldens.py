"""ONNX graphs of one network in many forms, and the scores that PyTorch gives a picture.

    apt-get install python3-torch python3-torchvision python3-onnx python3-pil
    # Debian 12: torch 1.13.0, torchvision 0.14.1, onnx 1.12.0, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py          # writes everything beside this script

Network A with 16 channels and 80 hidden features; crop 64, so that the order of the last map matters, or 32, where it has one
position. Most graphs have their numbers in weights.bin, so that many forms are small files. expected.json has the scores (double
precision) of ../protocols/wide.jpg, prepared as torchvision prepares its images.
"""

import json
import os

import numpy as np
import onnx
import torch
import torchvision
from onnx import TensorProto as T, helper as H, numpy_helper as N
from PIL import Image
from torch import nn
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCKS = [1, 1, 2, 2, 2]
data = bytearray()
expected = {}


def weights(crop):
    """Eight convolutions and three matrices, [out][in]..., whose scores are of the order of one."""
    torch.manual_seed(crop)
    shapes = [(16, 3, 3, 3)] + [(16, 16, 3, 3)] * 7 + [(80, 16 * (crop // 32) ** 2), (80, 80), (12, 80)]
    return [(torch.randn(s) * (2 / np.prod(s[1:])) ** 0.5, torch.randn(s[0]) * 0.1) for s in shapes]


def scores(layers, crop):
    image = Image.open(os.path.join(HERE, "..", "protocols", "wide.jpg")).convert("RGB")
    image = torchvision.transforms.CenterCrop(crop)(
        torchvision.transforms.Resize(round(crop * 256 / 224), torchvision.transforms.InterpolationMode.BILINEAR)(image)
    )
    x = (np.asarray(image, dtype=np.float64) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    x = torch.tensor(x.transpose(2, 0, 1)[None].copy())
    i = 0
    for count in BLOCKS:
        for _ in range(count):
            x = F.relu(F.conv2d(x, layers[i][0].double(), layers[i][1].double(), padding=1))
            i += 1
        x = F.max_pool2d(x, 2)
    x = x.mean((2, 3)) if layers[8][0].shape[1] == 16 else x.flatten(1)
    for i in (8, 9, 10):
        x = F.linear(x, layers[i][0].double(), layers[i][1].double())
        x = x if i == 10 else F.relu(x)
    return x[0].tolist()


SETS = {crop: weights(crop) for crop in (32, 64)}


def stored(name, array):
    """A tensor whose numbers are in weights.bin, where equal ones are kept once."""
    raw = np.ascontiguousarray(array).tobytes()
    at = data.find(raw)
    if at < 0:
        at = len(data)
        data.extend(raw)
    tensor = T(name=name, dims=array.shape, data_type=T.FLOAT, data_location=T.EXTERNAL)
    for key, value in [("location", "weights.bin"), ("offset", str(at)), ("length", str(len(raw)))]:
        tensor.external_data.add(key=key, value=value)
    return tensor


class Graph:
    def __init__(self, half=False, inline=None):
        self.nodes, self.init, self.half, self.inline = [], [], half, inline

    def node(self, op, inputs, **kw):
        out = f"v{len(self.nodes)}"
        self.nodes.append(H.make_node(op, inputs, [out], name=f"{op}_{len(self.nodes)}", **kw))
        return out

    def small(self, array):
        name = f"s{len(self.init)}"
        self.init.append(N.from_array(np.array(array), name))
        return name

    def weight(self, name, array):
        array = np.ascontiguousarray(array.numpy() if isinstance(array, torch.Tensor) else array)
        if self.half:
            self.init.append(H.make_tensor(name, T.FLOAT16, array.shape, array.astype(np.float16).flatten().tolist()))
        elif self.inline == "floats" and array.ndim == 1:
            self.nodes.append(H.make_node("Constant", [], [name], value_floats=array.tolist()))
        elif self.inline:
            self.nodes.append(H.make_node("Constant", [], [name], value=N.from_array(array, name)))
        else:
            self.init.append(stored(name, array))
        return name


def build(name, *, crop=64, conv="bias", pads="pads", pool="valid", relu="Relu", nhwc=False, middle=None, flat="Flatten", fc="Gemm",
          drop=None, post=None, pre=None, graph=None, size=True, producer="pytorch", opset=17, good=True, profile="torchvision",
          names="features.%d.", outputs=()):
    g, layers = graph or Graph(), SETS[crop]
    x = "x"
    if pre:
        x = pre(g, x)
    if nhwc:
        x = g.node("Transpose", [x], perm=[0, 3, 1, 2])
    i = 0
    for count in BLOCKS:
        for _ in range(count):
            w, b = layers[i]
            own = [x, g.weight((names % i) + "weight", w)] + ([g.weight((names % i) + "bias", b)] if conv == "bias" else [])
            if pads == "pads":
                x = g.node("Conv", own, kernel_shape=[3, 3], pads=[1] * 4)
            elif pads == "node":
                own[0] = g.node("Pad", [x, g.small(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))], mode="constant")
                x = g.node("Conv", own, kernel_shape=[3, 3], auto_pad="VALID")
            elif isinstance(pads, dict):
                x = g.node("Conv", own, **pads)
            else:
                x = g.node("Conv", own, kernel_shape=[3, 3], auto_pad=pads)
            if conv == "add":
                x = g.node("Add", [g.weight(f"{i}.bias", b.reshape(-1, 1, 1)), x])
            elif conv == "wrong add":
                x = g.node("Add", [x, g.weight(f"{i}.bias", b)])
            x = g.node("Clip", [x, g.small(np.float32(0))]) if relu == "Clip" else relu(g, x) if callable(relu) else g.node(relu, [x])
            i += 1
        if pool == "ceil":
            x = g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
        elif isinstance(pool, dict):
            x = g.node("MaxPool", [x], **pool)
        else:
            x = g.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], auto_pad={"valid": "VALID", "same": "SAME_UPPER"}[pool])
    if middle:
        x = middle(g, x)
    if nhwc:
        x = g.node("Transpose", [x], perm=[0, 2, 3, 1])
    if flat == "Flatten":
        x = g.node("Flatten", [x], axis=1)
    elif flat == "Reshape":
        x = g.node("Reshape", [x, g.small(np.array([-1, layers[8][0].shape[1]]))])
    elif flat == "computed":
        n = g.node("Gather", [g.node("Shape", [x]), g.small(np.int64(0))], axis=0)
        n = g.node("Concat", [g.node("Unsqueeze", [n, g.small(np.array([0]))]), g.small(np.array([-1]))], axis=0)
        x = g.node("Reshape", [x, n])
    elif flat == "Squeeze":
        x = g.node("Squeeze", [x, g.small(np.array([2, 3]))])
    for i in (8, 9, 10):
        w, b = layers[i]
        if nhwc and i == 8:
            side = crop // 32
            w = w.reshape(80, 16, side, side).permute(0, 2, 3, 1).reshape(80, -1)
        own = "classifier.%d." if names.startswith("features") else "fc%d."
        wn, bn = (own % i) + "weight", (own % i) + "bias"
        if flat == "conv":
            w = w.reshape(80, 16, crop // 32, crop // 32) if i == 8 else w[:, :, None, None]
            x = g.node("Conv", [x, g.weight(wn, w), g.weight(bn, b)])
        elif fc == "Gemm":
            x = g.node("Gemm", [x, g.weight(wn, w), g.weight(bn, b)], transB=1)
        elif fc == "MatMul":
            x = g.node("Add", [g.node("MatMul", [x, g.weight(wn, w.T)]), g.weight(bn, b)])
        elif fc == "Transpose":
            t = g.node("Cast", [g.node("Identity", [g.node("Transpose", [g.weight(wn, w)])])], to=T.FLOAT)
            x = g.node("Add", [g.weight(bn, b), g.node("MatMul", [x, t])])
        elif fc == "Reshape":
            t = g.node("Reshape", [g.weight(wn, w.reshape(-1)), g.small(np.array(w.shape, np.int64))])
            u = g.node("Unsqueeze", [g.weight(bn, b), g.small(np.array([0]))])
            x = g.node("Add", [g.node("Gemm", [x, t], transB=1), u])
        elif fc == "alpha":
            x = g.node("Gemm", [x, g.weight(wn, w), g.weight(bn, b)], transB=1, alpha=0.5)
        elif fc == "quantised":
            q = g.small(np.zeros(w.shape, np.int8))
            t = g.node("DequantizeLinear", [q, g.small(np.float32(0.1))])
            x = g.node("Gemm", [x, t, g.weight(bn, b)], transB=1)
        if i < 10:
            x = g.node("Relu", [x])
            if callable(drop):
                x = drop(g, x)
            elif drop:
                x = g.node("Dropout", [x, g.small(np.float32(0.5)), g.small(np.array(drop == "training"))])
    if flat == "conv":
        x = g.node("Flatten", [x])
    if post:
        x = post(g, x)
    side = crop if size is True else size or "S"
    shape = ["N", side, side, 3] if nhwc else ["N", 3, side, side]
    made = H.make_graph(g.nodes, "main_graph", [H.make_tensor_value_info("x", T.FLOAT, shape)],
                        [H.make_tensor_value_info(o, T.FLOAT, None) for o in (x,) + tuple(outputs)], g.init)
    model = H.make_model(made, opset_imports=[H.make_opsetid("", opset)], producer_name=producer, ir_version=8)
    with open(os.path.join(HERE, name + ".onnx"), "wb") as out:
        out.write(model.SerializeToString())
    if good:
        seen = crop if size is True else size or 224
        expected[name] = dict(profile=profile, crop=seen, logits=scores(layers, seen))


def mean_of_head(g, x):
    """A convolution 1x1 after the last pool, which is a layer of the head, then its mean."""
    x = g.node("Conv", [x, g.small(np.eye(16, dtype=np.float32).reshape(16, 16, 1, 1))])
    return g.node("GlobalAveragePool", [g.node("Relu", [x])])


def once(op, **kw):
    return lambda g, x: g.node(op, [x], **kw)


# computes the same
build("constants", crop=32, graph=Graph(inline="floats"))
build("halves", crop=32, graph=Graph(half=True), pre=once("Cast", to=T.FLOAT16), post=once("Cast", to=T.FLOAT))
build("transposed", fc="Transpose", relu="Clip")
build("reshaped", fc="Reshape", flat="Reshape", conv="add")
build("same-upper", pads="SAME_UPPER", pool="same", fc="MatMul", flat="computed")
build("same-lower", pads="SAME_LOWER", pool="ceil", drop="not")
build("pad-node", pads="node", middle=once("Identity"), post=once("LogSoftmax", axis=-1))
build("channels-last", nhwc=True, fc="MatMul", flat="Reshape")
build("channels-last-gemm", nhwc=True, flat="Flatten", post=once("Softmax", axis=1))
build("convolutional", flat="conv")
build("global-average", crop=32, middle=once("GlobalAveragePool"), flat="Squeeze")
build("reduce-mean", crop=32, middle=once("ReduceMean", axes=[2, 3], keepdims=0), flat=None)
build("average-of-3x3", crop=32, middle=once("GlobalAveragePool"), size=96)
build("mean-of-any", crop=32, middle=once("ReduceMean", axes=[2, 3], keepdims=0), flat=None, size=None)
build("channels-last-average", nhwc=True, crop=32, middle=lambda g, x: g.node("GlobalAveragePool", [x]), flat="Flatten", size=64)
build("mean-of-one", flat="conv", drop=once("GlobalAveragePool"))
build("several-outputs", outputs=["v3"])
build("unknown-producer", producer="")

# asks for the profile
build("tf2onnx", good=False, producer="tf2onnx", nhwc=True, fc="MatMul", flat="Reshape")
build("keras-names", good=False, producer="pytorch", names="vgg16/block1_conv%d/")
build("nobody", good=False, producer="", names="w%d.", flat="conv", post=once("Identity"))

# is no VGG network
build("refused-bias", good=False, conv="wrong add")
build("refused-padding", good=False, pads="VALID")
build("refused-dilations", good=False, pads=dict(kernel_shape=[3, 3], pads=[1] * 4, dilations=[2, 2]))
build("refused-strides", good=False, pads=dict(kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2]))
build("refused-pool", good=False, pool=dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4))
build("refused-ceil", good=False, pool="ceil", size=None)
build("refused-largest", good=False, crop=32, middle=once("GlobalMaxPool"), size=224)
build("refused-open-largest", good=False, crop=32, middle=once("GlobalMaxPool"), size=None)
build("refused-relu6", good=False, relu=lambda g, x: g.node("Clip", [x, g.small(np.float32(0)), g.small(np.float32(6))]))
build("refused-mean-of-head", good=False, crop=32, middle=mean_of_head, size=96)
build("refused-open-mean-of-head", good=False, crop=32, middle=mean_of_head, size=None)
build("refused-leaky", good=False, relu="LeakyRelu")
build("refused-alpha", good=False, fc="alpha")
build("refused-quantised", good=False, fc="quantised")
build("refused-training", good=False, drop="training")
build("refused-sigmoid", good=False, post=once("Sigmoid"))
build("refused-argmax", good=False, post=once("ArgMax", axis=1))
build("refused-no-relu", good=False, relu="Identity")
build("refused-size", good=False, size=299)
build("refused-softmax", good=False, post=once("Softmax", axis=0))
build("refused-scaled-input", good=False, pre=lambda g, x: g.node("Div", [x, g.small(np.float32(255))]))

with open(os.path.join(HERE, "weights.bin"), "wb") as out:
    out.write(data)
with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(expected, out, indent=1)
    out.write("\n")
