"""Networks with heads of their own, as PyTorch, Keras and ONNX have them, and the scores that PyTorch gives a picture.

    apt-get install python3-torch python3-torchvision python3-h5py python3-onnx
    # Debian 12: torch 1.13.0, torchvision 0.14.1, h5py 3.7.0, onnx 1.12.0
    /usr/bin/python3 make_goldens.py          # writes heads.zip and expected.json beside this script

All files are in one archive, and have weights of few different values, so that they take little. expected.json has for each: the
network, its head in the form of vgg's options, the crop, options of the import, and its scores (double precision) of the picture
p[c][y][x] = ((7 c + 3 y + 5 x) mod 11 - 5) / 4. Keras is not in Debian: h5py writes its published layouts here.
"""

import copy
import io
import json
import os
import zipfile

import h5py
import numpy as np
import torch
from torch import nn
from torchvision.models.vgg import VGG, make_layers

HERE = os.path.dirname(os.path.abspath(__file__))
expected = {}
archive = zipfile.ZipFile(os.path.join(HERE, "heads.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9)
COUNTS = {"A": (1, 1, 2, 2, 2), "D": (2, 2, 3, 3, 3), "A-BN": (1, 1, 2, 2, 2)}
CLASSES = 7


def picture(crop):
    return torch.tensor([[[[((7 * c + 3 * y + 5 * x) % 11 - 5) / 4 for x in range(crop)] for y in range(crop)] for c in range(3)]], dtype=torch.float64)


class Rows(nn.Module):
    """Flattens in the order row, column, channel, as Keras does."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def network(arch, hidden, crop=64, averaged=False, channels=(16,) * 5, seed=1):
    """torchvision's VGG with another head: one that people put in its place."""
    cfg = []
    for block, count in enumerate(COUNTS[arch]):
        cfg += [channels[block]] * count + ["M"]
    model = VGG(make_layers(cfg, batch_norm=arch.endswith("BN")), init_weights=False)
    model.avgpool = nn.AdaptiveAvgPool2d(1) if averaged else nn.Identity()
    last, layers = channels[4] * (1 if averaged else (crop // 32) ** 2), []
    for features in hidden:
        layers += [nn.Linear(last, features), nn.ReLU(True), nn.Dropout()]
        last = features
    model.classifier = nn.Sequential(*layers, nn.Linear(last, CLASSES))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.fill_(0.25)
                module.running_var.fill_(1.5)
                module.bias.copy_(torch.randint(-1, 3, module.bias.shape, generator=generator) / 8)
            elif isinstance(module, (nn.Conv2d, nn.Linear)):
                scale = 2.0 ** round(np.log2((16.0 / module.weight[0].numel()) ** 0.5))
                coarse = torch.randint(0, 16, module.weight.shape, generator=generator)
                module.weight.copy_(((coarse == 0).int() - (coarse == 1).int()) * scale)
                module.bias.copy_(torch.randint(-1, 3, module.bias.shape, generator=generator) / 16)
    return model.eval()


def keep(name, content, model, arch, hidden, crop, averaged=False, **options):
    archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)
    with torch.no_grad():
        scores = copy.deepcopy(model).double()(picture(crop))[0].tolist()
    assert max(map(abs, scores)) > 0.1 and len(set(scores)) > CLASSES // 2, (name, scores)
    expected[name] = dict(arch=arch, head=",".join(map(str, hidden)) or "none", pooling="average" if averaged else "none",
                          crop=crop, scores=scores, **options)


def pth(name, arch, hidden, averaged=False, crop=64, **settings):
    model = network(arch, hidden, crop, averaged, **settings)
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    options = dict(asked="average") if averaged else {}
    keep(name, buffer.getvalue(), model, arch, hidden, crop, averaged, **options)


def onnx(name, arch, hidden, averaged=False, crop=64, **settings):
    model = network(arch, hidden, crop, averaged, **settings)
    buffer = io.BytesIO()
    torch.onnx.export(model, torch.zeros(1, 3, crop, crop), buffer)
    keep(name, buffer.getvalue(), model, arch, hidden, crop, averaged)


# ------------------------------------------------------------------------------------------- Keras


def keras_layers(model, crop, averaged):
    """Name, kind, weights and settings of each layer, as Keras's applications.vgg16 and two more lines have them."""
    layers, block, conv = [("input_1", "InputLayer", [], dict(batch_input_shape=[None, crop or None, crop or None, 3]))], 1, 1
    for module in model.features:
        if isinstance(module, nn.Conv2d):
            w = module.weight.detach()
            layers.append((f"block{block}_conv{conv}", "Conv2D", [w.permute(2, 3, 1, 0).numpy(), module.bias.detach().numpy()],
                           dict(filters=len(w), kernel_size=[3, 3], strides=[1, 1], padding="same", dilation_rate=[1, 1], groups=1,
                                activation="relu", use_bias=True, data_format="channels_last")))
            conv += 1
        elif isinstance(module, nn.MaxPool2d):
            layers.append((f"block{block}_pool", "MaxPooling2D", [], dict(pool_size=[2, 2], strides=[2, 2], padding="valid", data_format="channels_last")))
            block, conv = block + 1, 1
    if averaged:
        layers.append(("global_average_pooling2d", "GlobalAveragePooling2D", [], dict(data_format="channels_last")))
    else:
        layers.append(("flatten", "Flatten", [], dict(data_format="channels_last")))
    dense = [m for m in model.classifier if isinstance(m, nn.Linear)]
    for i, module in enumerate(dense):
        layers.append(("dense" + (f"_{i}" if i else ""), "Dense", [module.weight.detach().T.numpy(), module.bias.detach().numpy()],
                       dict(units=module.out_features, activation="relu" if i + 1 < len(dense) else "softmax", use_bias=True)))
        if i + 1 < len(dense):
            layers.append((f"dropout_{i}", "Dropout", [], dict(rate=0.5)))
    return layers


def h5(layers, whole):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        root = file
        if whole:
            config = [{"class_name": kind, "config": {"name": name, **settings}, "name": name,
                       "inbound_nodes": [[[layers[i - 1][0], 0, 0, {}]]] if i else []} for i, (name, kind, _, settings) in enumerate(layers)]
            model = {"class_name": "Functional", "config": {"name": "model", "layers": config, "input_layers": [["input_1", 0, 0]],
                                                            "output_layers": [[layers[-1][0], 0, 0]]}}
            file.attrs["model_config"] = json.dumps(model)
            root = file.create_group("model_weights")
        root.attrs["backend"] = "tensorflow"
        root.attrs["layer_names"] = [name.encode() for name, *_ in layers]
        for name, _, arrays, _ in layers:
            group = root.create_group(name)
            names = [f"{name}/{part}:0" for part in ("kernel", "bias")[:len(arrays)]]
            group.attrs["weight_names"] = [n.encode() for n in names] if names else np.array([], "S1")
            for own, array in zip(names, arrays):
                group.create_dataset(own, data=np.ascontiguousarray(array), chunks=True, compression="gzip")
    return buffer.getvalue()


def keras(name, arch, hidden, averaged=False, whole=True, stated=64, crop=64, **settings):
    model = network(arch, hidden, crop, averaged, **settings)
    if not averaged:
        model.avgpool = Rows()
    keep(name, h5(keras_layers(model, stated, averaged), whole), model, arch, hidden, crop, averaged)


def start(name, content):
    archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)


def features_alone():
    model = network("D", [], seed=9)
    buffer = io.BytesIO()
    torch.save({k: v for k, v in model.state_dict().items() if k.startswith("features")}, buffer)
    start("features.pth", buffer.getvalue())
    start("notop.h5", h5(keras_layers(model, 0, True)[:-2], False))
    start("notop-whole.h5", h5(keras_layers(model, 96, True)[:-1], True))
    broken = network("D", [40], seed=9)
    with torch.no_grad():
        for parameter in broken.classifier.parameters():
            parameter.fill_(float("nan"))
    buffer = io.BytesIO()
    torch.save(broken.state_dict(), buffer)
    start("nan-head.pth", buffer.getvalue())


pth("one.pth", "A", [])
pth("two.pth", "D", [512])
pth("four.pth", "A", [40, 23, 30], crop=40)
pth("mean.pth", "A", [], averaged=True)
pth("mean-two.pth", "A-BN", [50], averaged=True, crop=96)
pth("narrow.pth", "A", [30], channels=(8, 12, 24, 40, 50))
pth("narrow-bn.pth", "A-BN", [20, 20], channels=(6, 13, 26, 51, 51))
onnx("two.onnx", "A", [512])
onnx("mean.onnx", "D", [33], averaged=True)
keras("dense.h5", "D", [512])
keras("dense-weights.h5", "D", [20], whole=False)
keras("one-weights.h5", "D", [], whole=False)
keras("mean.h5", "D", [], averaged=True, stated=0)
keras("mean-two.h5", "D", [512], averaged=True)
keras("mean-weights.h5", "D", [40], averaged=True, whole=False)
keras("narrow.h5", "D", [9], channels=(4, 8, 16, 32, 32))
features_alone()
archive.close()
with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(expected, out, indent=1)
    out.write("\n")
