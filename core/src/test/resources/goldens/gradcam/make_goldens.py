"""Grad-CAM maps of the networks of ../network, by PyTorch's gradients.

    apt-get install python3-torch python3-numpy     # Debian 12: torch 1.13.0, numpy 1.24.2
    /usr/bin/python3 make_goldens.py                # writes gradcam.json here

For each network and each image of its file, a class and the map for it; and the same for one larger image, made of
the four as [[0, 1], [2, 3]], over which the fully connected layers are convolutions and the class score is the mean over
their windows. The class is the one of ten whose map has the largest value beside its mean; the map is
relu(sum over channels of weight x activation), the weight being the mean of the score's gradient over the last convolution's
rectified output.
"""
import json
import struct

import numpy as np
import torch
import torch.nn.functional as F

# Table 1: kernel sizes of the five blocks; n is LRN, b batch normalisation
BLOCKS = {
    "a-lrn": ["3n", "3", "33", "33", "33"],
    "a-bn": ["3b", "3b", "3b3b", "3b3b", "3b3b"],
    "c": ["33", "33", "331", "331", "331"],
    "d": ["33", "33", "333", "333", "333"],
}


def read(path):
    """The tensors of a safetensors file, in double precision."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            a, b = entry["data_offsets"]
            tensors[name] = torch.from_numpy(np.frombuffer(data[a:b], "<f4").reshape(entry["shape"]).astype(np.float64))
    return tensors


def last_convolution(blocks, p, x):
    """The rectified output of the last convolution."""
    index = 0
    for b, block in enumerate(blocks):
        if b > 0:
            x, index = F.max_pool2d(x, 2), index + 1
        for i, kind in enumerate(block):
            name = f"features.{index}."
            if kind == "n":  # torch divides alpha by the size
                x, index = F.local_response_norm(x, size=5, alpha=5 * 1e-4, beta=0.75, k=2.0), index + 1
            elif kind == "b":
                x = F.batch_norm(x, p[name + "running_mean"], p[name + "running_var"], p[name + "weight"], p[name + "bias"])
                x, index = F.relu(x), index + 2
            else:
                x, index = F.conv2d(x, p[name + "weight"], p[name + "bias"], padding=int(kind) // 2), index + 1
                if block[i + 1 : i + 2] != "b":
                    x, index = F.relu(x), index + 1
    return x


def scores(p, maps):
    """Class scores: means over the windows."""
    x = F.max_pool2d(maps, 2)
    hidden, inputs = p["classifier.0.weight"].shape
    side = int(round((inputs / x.shape[1]) ** 0.5))
    for name, shape in (("classifier.0", (hidden, x.shape[1], side, side)), ("classifier.3", (hidden, hidden, 1, 1)), ("classifier.6", (-1, hidden, 1, 1))):
        x = F.conv2d(x, p[name + ".weight"].reshape(shape), p[name + ".bias"])
        if name != "classifier.6":
            x = F.relu(x)
    return x.mean((2, 3))


def grad_cam(blocks, p, image, label):
    maps = last_convolution(blocks, p, image).detach().requires_grad_()
    scores(p, maps)[0, label].backward()
    weights = maps.grad.mean((2, 3), keepdim=True)
    return F.relu((weights * maps.detach()).sum(1))[0]


result = {}
for name, blocks in BLOCKS.items():
    p = read(f"../network/{name}.safetensors")
    images = p["input"]
    assert torch.allclose(scores(p, last_convolution(blocks, p, images)), p["logits"], rtol=1e-4, atol=1e-4)
    top = torch.cat([images[0], images[1]], 2)
    mosaic = torch.cat([top, torch.cat([images[2], images[3]], 2)], 1)
    result[name] = []
    for image in list(images) + [mosaic]:
        maps = [grad_cam(blocks, p, image[None], label) for label in range(10)]
        label = max(range(10), key=lambda k: (maps[k].max() - maps[k].mean()).item() if maps[k].numel() > 1 else maps[k].item())
        result[name].append({"label": label, "map": [[float(f"{v:.7g}") for v in row] for row in maps[label].tolist()]})
with open("gradcam.json", "w") as file:
    json.dump(result, file)
