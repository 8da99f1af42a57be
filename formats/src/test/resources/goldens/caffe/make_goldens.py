"""Scores that PyTorch gives a picture with the weights of ../foreign/caffe-new.caffemodel, its images prepared in other ways.

    apt-get install python3-torch python3-torchvision python3-pil
    # Debian 12: torch 1.13.0, torchvision 0.14.1, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py          # writes expected.json beside this script

The file's numbers are made as ../foreign/make_goldens.py makes them. Caffe's DataTransformer computes (pixel - mean_value) * scale,
of pixels in 0..255 and the order BGR. Scores are of ../protocols/wide.jpg, in double precision.
"""

import json
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
FOREIGN = os.path.join(HERE, "..", "foreign", "make_goldens.py")
with open(FOREIGN) as script:
    made = {"__file__": FOREIGN, "__name__": "made"}
    exec(script.read().rsplit("\nmain()", 1)[0], made)


def logits(mean, scale, lrn=False):
    model = made["network"]("A", seed=10, scale=0.01)
    if lrn:
        model = made["WithLrn"](model)
    x = made["picture"](("RGB", 255.0, (0, 0, 0), (1, 1, 1)))
    bgr = (x[:, [2, 1, 0]] - torch.tensor(mean, dtype=torch.float64).view(1, 3, 1, 1)) * scale
    with torch.no_grad():
        return model.double()(bgr)[0].tolist()


CAFFE = (103.939, 116.779, 123.68)
with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(
        {
            "means": logits((90, 100, 110), 1),
            "one mean": logits((128, 128, 128), 1),
            "scale": logits((0, 0, 0), 0.0078125),
            "means and scale": logits((90, 100, 110), 0.0078125),
            "lrn": logits(CAFFE, 1, lrn=True),
            "faces": logits((93.594, 104.7624, 129.1863), 1),
        },
        out, indent=1,
    )
    out.write("\n")
