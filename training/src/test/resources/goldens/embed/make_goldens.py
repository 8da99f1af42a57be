"""Goldens of descriptors, made by PyTorch and NumPy in double precision from JPEG files on.

    apt-get install python3-torch python3-numpy python3-pil     # Debian 12: torch 1.13.0, numpy 1.24.2, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py                            # writes descriptors.json here

Network and pictures are those of ../protocols. descriptors.json has, for each picture, layer (fc7, relu5_3) and pooling, the
descriptor of the mean over the image and its mirror image at each Q (not normalised), and by `average` and `stack` those of
all Q, in unit length. The poolings are transcriptions of the papers': GeM (Radenovic et al.), R-MAC (Tolias et al., section
3.2: squares of 2 min(H, W) / (l + 1), l along the shorter side, l + m - 1 along the longer one, m such that the overlap at
l = 1 is closest to 40 %).
"""

import importlib.util
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
PROTOCOLS = os.path.join(HERE, "..", "protocols")
spec = importlib.util.spec_from_file_location("protocols", os.path.join(PROTOCOLS, "make_goldens.py"))
protocols = importlib.util.module_from_spec(spec)
spec.loader.exec_module(protocols)
SCALES = [64, 110, 146]


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    result = {}
    for name, entry in header.items():
        if name.startswith(("features", "classifier")):
            a, b = entry["data_offsets"]
            result[name] = torch.from_numpy(np.frombuffer(data[a:b], "<f4").reshape(entry["shape"]).astype(np.float64))
    return result


def outputs(p, x):
    """relu5_3 and fc7 over the whole image."""
    index = 0
    for number, block in enumerate(protocols.BLOCKS):
        for _ in range(block):
            x = F.relu(F.conv2d(x, p[f"features.{index}.weight"], p[f"features.{index}.bias"], padding=1))
            index += 2
        last = x
        x = F.max_pool2d(x, 2)
        index += 1
    side = protocols.CROP // 32
    x = F.relu(F.conv2d(x, p["classifier.0.weight"].reshape(protocols.HIDDEN, protocols.CHANNELS, side, side), p["classifier.0.bias"]))
    x = F.relu(F.conv2d(x, p["classifier.3.weight"].reshape(protocols.HIDDEN, protocols.HIDDEN, 1, 1), p["classifier.3.bias"]))
    return {"relu5_3": last[0].numpy(), "fc7": x[0].numpy()}


def unit(v):
    length = np.linalg.norm(v)
    return v / length if length > 0 else v


def rmac(maps, scales):
    _, height, width = maps.shape
    short, long = min(height, width), max(height, width)
    extra = 0
    if long > short:
        overlaps = {m: 1 - (long - short) / (m - 1) / short for m in range(2, long + 1)}
        extra = min(overlaps, key=lambda m: abs(overlaps[m] - 0.4)) - 1
    total = np.zeros(len(maps))
    for scale in range(1, scales + 1):
        side = 2 * short // (scale + 1)
        rows = scale + (extra if height > width else 0)
        columns = scale + (extra if width > height else 0)
        if side == 0:
            continue
        for y in np.linspace(0, height - side, rows) if rows > 1 else [0]:
            for x in np.linspace(0, width - side, columns) if columns > 1 else [0]:
                y0, x0 = int(np.floor(y + 1e-9)), int(np.floor(x + 1e-9))
                total += unit(maps[:, y0 : y0 + side, x0 : x0 + side].max((1, 2)))
    return total


POOLINGS = {
    "average": lambda maps: maps.mean((1, 2)),
    "max": lambda maps: maps.max((1, 2)),
    "gem:3": lambda maps: (np.maximum(maps, 0) ** 3).mean((1, 2)) ** (1 / 3),
    "gem:4.5": lambda maps: (np.maximum(maps, 0) ** 4.5).mean((1, 2)) ** (1 / 4.5),
    "rmac:3": lambda maps: rmac(maps, 3),
    "rmac:5": lambda maps: rmac(maps, 5),
}


def rounded(v):
    return [float(f"{x:.7g}") for x in v]


torch.set_num_threads(1)
p = read(os.path.join(PROTOCOLS, "d.safetensors"))
result = {}
for picture in protocols.PICTURES:
    image = Image.open(os.path.join(PROTOCOLS, picture + ".jpg")).convert("RGB")
    maps = []
    for q in SCALES:
        small = protocols.rescaled(image, q)
        maps.append([outputs(p, protocols.tensor(one)) for one in (small, protocols.mirrored(small))])
    result[picture] = {}
    for tap in ("fc7", "relu5_3"):
        for name, pool in POOLINGS.items():
            if tap == "fc7" and name not in ("average", "max"):
                continue
            parts = [np.mean([pool(side[tap]) for side in sides], 0) for sides in maps]
            entry = {str(q): rounded(part) for q, part in zip(SCALES, parts)}
            entry["average"] = rounded(unit(np.mean(parts, 0)))
            entry["stack"] = rounded(unit(np.concatenate(parts)))
            result[picture][f"{tap} {name}"] = entry
with open(os.path.join(HERE, "descriptors.json"), "w") as file:
    json.dump(result, file)
