"""Loads a model of ours into torchvision's VGG and compares what both say of pictures.

    apt-get install python3-torch python3-torchvision python3-pil     # Debian 12: torch 1.13.0, torchvision 0.14.1
    ./vgg classify --json --top 1000 --model MODEL PICTURE... > said.json
    /usr/bin/python3 tools/check_pytorch.py MODEL said.json

Posteriors tell scores up to a constant, so the differences of their logarithms are compared with those of PyTorch's scores.
"""

import json
import math
import struct
import sys

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision import transforms
from torchvision.models.vgg import VGG, make_layers

TOLERANCE = 1e-4


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    metadata = header.pop("__metadata__")
    state = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        state[name] = torch.tensor(np.frombuffer(data[start:end], "<f4").reshape(entry["shape"]))
    return state, {key: json.loads(value) for key, value in metadata.items() if key.startswith("vgg4j.")}


def network(state, crop):
    """torchvision's own class, made as small as the weights say; the names and the order are not ours."""
    batch_norm = any("running_mean" in name for name in state)
    convolutions = {int(name.split(".")[1]): len(value) for name, value in state.items() if name.startswith("features") and value.dim() == 4}
    layers, index = [], 0
    while convolutions:
        if index in convolutions:
            layers.append(convolutions.pop(index))
            index += 3 if batch_norm else 2
        else:
            layers.append("M")
            index += 1
    model = VGG(make_layers(layers + ["M"], batch_norm), init_weights=False)
    fc6, fc7, fc8 = (state[f"classifier.{i}.weight"] for i in (0, 3, 6))
    if crop != 224:
        model.avgpool = nn.Identity()
    model.classifier = nn.Sequential(
        nn.Linear(fc6.shape[1], len(fc6)), nn.ReLU(), nn.Dropout(), nn.Linear(len(fc6), len(fc7)), nn.ReLU(), nn.Dropout(), nn.Linear(len(fc7), len(fc8))
    )
    model.load_state_dict(state)
    return model.eval().double()


def prepared(path, profile):
    image = transforms.CenterCrop(profile["crop"])(transforms.Resize(profile["scale"])(Image.open(path).convert("RGB")))
    x = np.asarray(image, dtype=np.float64) * profile["valueRange"] / 255
    x = (x - list(profile["mean"].values())) / list(profile["std"].values())
    if profile["channelOrder"] == "BGR":
        x = x[:, :, ::-1]
    return torch.tensor(np.ascontiguousarray(x.transpose(2, 0, 1)[None]))


def main():
    state, metadata = read(sys.argv[1])
    profile = metadata["vgg4j.preprocessing"]
    model = network(state, profile["crop"])
    largest = 0
    with open(sys.argv[2]) as file:
        said = json.load(file)
    for picture in said:
        with torch.no_grad():
            scores = model(prepared(picture["file"], profile))[0].tolist()
        posteriors = {guess["index"]: guess["probability"] for guess in picture["predictions"]}
        best = max(posteriors, key=posteriors.get)
        for index, posterior in posteriors.items():
            if posterior > 1e-20:  # a float holds no more
                largest = max(largest, abs(math.log(posterior / posteriors[best]) - (scores[index] - scores[best])))
    print(f"{len(said)} pictures: scores differ from PyTorch's by {largest:.1e} at most")
    if not said or largest > TOLERANCE:
        sys.exit(f"more than {TOLERANCE}")


main()
