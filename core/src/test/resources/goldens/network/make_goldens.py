"""Goldens of four small networks, made by PyTorch in double precision.

    apt-get install python3-torch python3-numpy     # Debian 12: torch 1.13.0, numpy 1.24.2
    /usr/bin/python3 make_goldens.py                # writes a-lrn, a-bn, c and d.safetensors here

The networks are written here once more, from Table 1 of the paper, so that they share nothing with the Java side but the
names of the parameters. Each file holds, in float32: the parameters under their names, `input` [N][3][crop][crop], `logits`,
the outputs of some layers as `tap.NAME`, and every gradient of the mean loss as `gradient.NAME`. Its metadata holds `labels`,
and `losses`: the mean loss before each of ten steps of SGD (rate 0.01, momentum 0.9, decay 5e-4) and after the last, all on
the same batch. No dropout. The network with batch normalisation has `logits` and taps by its running statistics, and those of the
trained network as `logits-after`; gradients and losses are by the statistics of the batch.
"""

import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

CHANNELS = 16  # of every convolution: what width 0.02 rounds to
HIDDEN = 80  # of fc6 and fc7: 4096 * 0.02 = 81.92, to the nearest multiple of 16
CLASSES = 10
BATCH = 4
STEPS = 10

# Table 1: kernel sizes of the five blocks; n is LRN, b batch normalisation. The crops: 64 leaves a 2x2 map before fc6 (so the order of its inputs
# matters), 40 has a pool over an odd map (5x5), 32 is the smallest. The scale makes inputs, and so the first layer's outputs,
# large enough that the sum of an LRN counts beside its k; the second layer's weights make up for it. Seeds are chosen so that
# in ten steps no ReLU of the last layers comes near its kink (`distance`): there one that decides differently moves the loss.
NETWORKS = {
    "a-lrn": dict(blocks=["3n", "3", "33", "33", "33"], crop=64, taps=["pool3", "pool5", "fc7"], seed=107, scale=3),
    "a-bn": dict(blocks=["3b", "3b", "3b3b", "3b3b", "3b3b"], crop=40, taps=["pool1", "relu3_1", "pool5", "fc7"], seed=107, scale=1),
    "c": dict(blocks=["33", "33", "331", "331", "331"], crop=40, taps=["relu3_1", "relu3_3", "pool5", "fc6", "fc7"], seed=2, scale=1),
    "d": dict(blocks=["33", "33", "333", "333", "333"], crop=32, taps=[], seed=137, scale=1),
}


def parameters(blocks, crop, random):
    """He's initialisation, which keeps signals alive through 16 layers, with biases that are not zero."""
    result = {}

    def add(prefix, shape):
        fan_in = int(np.prod(shape[1:]))
        result[prefix + ".weight"] = random.standard_normal(shape) * np.sqrt(2 / fan_in)
        result[prefix + ".bias"] = random.standard_normal(shape[0]) * 0.1

    index, channels = 0, 3
    for block in blocks:
        for kind in block:
            if kind == "n":
                index += 1
            elif kind == "b":
                prefix = f"features.{index - 1}"  # in the ReLU's place
                result[prefix + ".weight"] = 1 + 0.3 * random.standard_normal(CHANNELS)
                result[prefix + ".bias"] = 0.3 * random.standard_normal(CHANNELS)
                result[prefix + ".running_mean"] = 0.3 * random.standard_normal(CHANNELS)
                result[prefix + ".running_var"] = np.exp(0.3 * random.standard_normal(CHANNELS))
                index += 1
            else:
                add(f"features.{index}", (CHANNELS, channels, int(kind), int(kind)))
                channels = CHANNELS
                index += 2
        index += 1  # the pool
    side = crop // 32
    add("classifier.0", (HIDDEN, CHANNELS * side * side))
    add("classifier.3", (HIDDEN, HIDDEN))
    add("classifier.6", (CLASSES, HIDDEN))
    # what is stored is float32: compute from exactly that
    return {name: value.astype(np.float32) for name, value in result.items()}


def forward(blocks, p, x, training=False):
    """Returns the outputs of all layers by name."""
    out = {"before": []}

    def relu(x):
        out["before"].append(x)
        return F.relu(x)

    index = 0
    for b, block in enumerate(blocks, 1):
        position = 0
        for i, kind in enumerate(block):
            if kind == "n":
                # the paper's alpha is not divided by the size; torch divides
                x = F.local_response_norm(x, size=5, alpha=5 * 1e-4, beta=0.75, k=2.0)
                out["lrn1"] = x
                index += 1
            elif kind == "b":
                prefix = f"features.{index}."
                weight, bias = p[prefix + "weight"], p[prefix + "bias"]
                x = relu(F.batch_norm(x, p[prefix + "running_mean"], p[prefix + "running_var"], weight, bias, training=training))
                out[f"relu{b}_{position}"] = x
                index += 2
            else:
                position += 1
                x = F.conv2d(x, p[f"features.{index}.weight"], p[f"features.{index}.bias"], padding=int(kind) // 2)
                out[f"conv{b}_{position}"] = x
                index += 1
                if block[i + 1 : i + 2] != "b":
                    x = relu(x)
                    out[f"relu{b}_{position}"] = x
                    index += 1
        x = F.max_pool2d(x, 2)
        out[f"pool{b}"] = x
        index += 1
    x = torch.flatten(x, 1)
    for name, i in (("fc6", 0), ("fc7", 3), ("fc8", 6)):
        x = F.linear(x, p[f"classifier.{i}.weight"], p[f"classifier.{i}.bias"])
        if name != "fc8":
            x = relu(x)
        out[name] = x
    return out


def distance(out):
    """The smallest input of a ReLU that decides for much of the loss, relative to the mean of its layer's."""
    smallest = float("inf")
    for x in out["before"]:
        if x.numel() <= 6400:
            size = x.detach().abs()
            smallest = min(smallest, (size.min() / size.mean()).item())
    return smallest


def write(path, tensors, metadata):
    """Writes a safetensors file."""
    header, offset = {"__metadata__": metadata}, 0
    blobs = []
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def make(name, blocks, crop, taps, seed, scale):
    random = np.random.RandomState(seed)
    stored = parameters(blocks, crop, random)
    second = [key for key in stored if stored[key].ndim > 1][1]
    stored[second] /= np.float32(scale)
    images = (scale * random.standard_normal((BATCH, 3, crop, crop))).astype(np.float32)
    labels = random.randint(0, CLASSES, BATCH)

    p = {key: torch.tensor(value, dtype=torch.float64, requires_grad="running" not in key) for key, value in stored.items()}
    x, y = torch.tensor(images, dtype=torch.float64), torch.tensor(labels)
    out = forward(blocks, p, x)
    statistics = {key: value.clone() for key, value in p.items() if "running" in key}
    loss = F.cross_entropy(forward(blocks, p, x, training=True)["fc8"], y)
    loss.backward()
    for key, value in statistics.items():
        p[key].copy_(value)

    tensors = dict(stored)
    tensors["input"] = images
    tensors["logits"] = out["fc8"].detach().numpy()
    for tap in taps:
        tensors["tap." + tap] = out[tap].detach().numpy()
    learnt = {key: value for key, value in p.items() if "running" not in key}
    for key, value in learnt.items():
        tensors["gradient." + key] = value.grad.numpy().copy()

    optimiser = torch.optim.SGD(learnt.values(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    losses, distances = [], []
    for step in range(STEPS + 1):
        if step == STEPS and statistics:
            tensors["logits-after"] = forward(blocks, p, x)["fc8"].detach().numpy()
        optimiser.zero_grad()
        out = forward(blocks, p, x, training=True)
        loss = F.cross_entropy(out["fc8"], y)
        losses.append(loss.item())
        distances.append(distance(out))
        loss.backward()
        if step < STEPS:
            optimiser.step()

    here = os.path.dirname(os.path.abspath(__file__))
    metadata = {
        "labels": ",".join(map(str, labels)),
        "losses": ",".join(map(repr, losses)),
        "made-by": f"make_goldens.py, torch {torch.__version__}, numpy {np.__version__}",
    }
    write(os.path.join(here, name + ".safetensors"), tensors, metadata)
    print(name, "losses", [round(l, 4) for l in losses], "largest logit", abs(tensors["logits"]).max(),
          f"nearest to a kink {min(distances):.1e}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, network in NETWORKS.items():
        make(name, **network)
