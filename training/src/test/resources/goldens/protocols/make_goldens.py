"""Goldens of the test protocols, made by PyTorch in double precision from image files on.

    apt-get install python3-torch python3-numpy python3-pil     # Debian 12: torch 1.13.0, numpy 1.24.2, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py                            # writes *.jpg and d.safetensors here

A small net D whose fully connected layers are turned into convolutions looks at whole pictures of several shapes: rescaled
by Pillow, minus a mean colour, the scores averaged over the map, soft-max, the mean over mirror images. The same network, as
it is, looks at the 25 crops of a regular grid and their mirror images. d.safetensors holds the parameters under their names,
and for each picture and scale Q `dense.PICTURE.Q` and `multi-crop.PICTURE.Q`: posteriors [classes].
"""

import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
CHANNELS, HIDDEN, CLASSES, CROP = 16, 80, 7, 64
BLOCKS = [2, 2, 3, 3, 3]
SCALES = [64, 73, 110, 146]
MEAN = [110.0, 100.0, 90.0]
PICTURES = {"wide": (190, 120), "tall": (90, 161), "square": (140, 140)}


def picture(width, height, random):
    """Something like a photograph: soft light, edges, texture, noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    channels = []
    for _ in range(3):
        a, b, c = random.uniform(-0.8, 0.8, 3)
        value = 120 + a * x + b * y * 0.5 + 30 * np.sin(x / 9 + c) * np.cos(y / (7 + c))
        radius = np.hypot(x - width * random.uniform(0.2, 0.8), y - height * random.uniform(0.2, 0.8))
        value += np.where(radius < 30, 60 * a, 0) + random.normal(0, 6, value.shape)
        channels.append(np.clip(value, 0, 255))
    return Image.fromarray(np.stack(channels, 2).astype(np.uint8))


def parameters(random):
    result = {}

    def add(prefix, shape):
        result[prefix + ".weight"] = random.standard_normal(shape) * math.sqrt(2 / np.prod(shape[1:]))
        result[prefix + ".bias"] = random.standard_normal(shape[0]) * 0.1

    index, channels = 0, 3
    for block in BLOCKS:
        for _ in range(block):
            add(f"features.{index}", (CHANNELS, channels, 3, 3))
            channels = CHANNELS
            index += 2
        index += 1
    side = CROP // 32
    add("classifier.0", (HIDDEN, CHANNELS * side * side))
    add("classifier.3", (HIDDEN, HIDDEN))
    add("classifier.6", (CLASSES, HIDDEN))
    result["features.0.weight"] /= 60  # inputs are as large as 255
    result["classifier.6.weight"] *= 3  # so that posteriors are neither flat nor 0 and 1
    return {name: value.astype(np.float32) for name, value in result.items()}


def features(p, x):
    index = 0
    for block in BLOCKS:
        for _ in range(block):
            x = F.relu(F.conv2d(x, p[f"features.{index}.weight"], p[f"features.{index}.bias"], padding=1))
            index += 2
        x = F.max_pool2d(x, 2)
        index += 1
    return x


def dense_scores(p, x):
    """The fully connected layers as convolutions; the mean over all places."""
    side = CROP // 32
    x = features(p, x)
    x = F.relu(F.conv2d(x, p["classifier.0.weight"].reshape(HIDDEN, CHANNELS, side, side), p["classifier.0.bias"]))
    x = F.relu(F.conv2d(x, p["classifier.3.weight"].reshape(HIDDEN, HIDDEN, 1, 1), p["classifier.3.bias"]))
    x = F.conv2d(x, p["classifier.6.weight"].reshape(CLASSES, HIDDEN, 1, 1), p["classifier.6.bias"])
    return x.mean((2, 3))


def crop_scores(p, x):
    x = torch.flatten(features(p, x), 1)
    x = F.relu(F.linear(x, p["classifier.0.weight"], p["classifier.0.bias"]))
    x = F.relu(F.linear(x, p["classifier.3.weight"], p["classifier.3.bias"]))
    return F.linear(x, p["classifier.6.weight"], p["classifier.6.bias"])


def rescaled(image, q):
    width, height = image.size
    shorter = min(width, height)
    return image.resize((q * width // shorter, q * height // shorter), Image.BILINEAR)


def tensor(image):
    values = np.asarray(image, dtype=np.float64) - np.array(MEAN)
    return torch.tensor(values.transpose(2, 0, 1).copy())[None]


def mirrored(image):
    return image.transpose(Image.FLIP_LEFT_RIGHT)


def dense(p, image):
    return torch.stack([F.softmax(dense_scores(p, tensor(i)), 1)[0] for i in (image, mirrored(image))]).mean(0)


def multi_crop(p, image):
    def offset(margin, i):
        return math.floor(margin * i / 4 + 0.5)

    crops = []
    for row in range(5):
        for column in range(5):
            x, y = offset(image.width - CROP, column), offset(image.height - CROP, row)
            crop = image.crop((x, y, x + CROP, y + CROP))
            crops += [tensor(crop), tensor(mirrored(crop))]
    return F.softmax(crop_scores(p, torch.cat(crops)), 1).mean(0)


def write(path, tensors, metadata):
    header, offset, blobs = {"__metadata__": metadata}, 0, []
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


if __name__ == "__main__":
    torch.set_num_threads(1)
    random = np.random.RandomState(7)
    stored = parameters(random)
    p = {key: torch.tensor(value, dtype=torch.float64) for key, value in stored.items()}
    tensors = dict(stored)
    for name, (width, height) in PICTURES.items():
        path = os.path.join(HERE, name + ".jpg")
        picture(width, height, random).save(path, quality=90)
        image = Image.open(path).convert("RGB")
        for q in SCALES:
            tensors[f"dense.{name}.{q}"] = dense(p, rescaled(image, q)).numpy()
            tensors[f"multi-crop.{name}.{q}"] = multi_crop(p, rescaled(image, q)).numpy()
            print(name, q, tensors[f"dense.{name}.{q}"].round(4), tensors[f"multi-crop.{name}.{q}"].round(4))
    made_by = f"make_goldens.py, torch {torch.__version__}, numpy {np.__version__}, Pillow {Image.__version__}"
    write(os.path.join(HERE, "d.safetensors"), tensors, {"made-by": made_by})
