"""Whole Keras models that state their network, and the scores that PyTorch gives a picture.

    apt-get install python3-torch python3-torchvision python3-h5py python3-pil
    # Debian 12: torch 1.13.0, torchvision 0.14.1, h5py 3.7.0, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py          # writes everything beside this script

Keras is not in Debian: h5py writes its published layouts here, and the descriptions have the form in which Keras 1, 2 and 3 write
them. Network A with 16 channels, 80 hidden features, crop 64. Scores are of ../protocols/wide.jpg, in double precision.

convolutional.h5  Keras 2, Functional; zero padding and valid convolutions, activations as layers, a head of convolutions; gzip
nested.keras      Keras 3; augmentation, Rescaling, a nested Functional with batch normalisation (epsilon 1e-3), a head
keras1.json       the description of a Keras 1 Sequential, for the weights of convolutional.h5's network
"""

import io
import json
import os
import zipfile

import h5py
import numpy as np
import torch
import torchvision
from PIL import Image
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCKS = [1, 1, 2, 2, 2]
CROP = 64
expected = {}


def picture(prepare):
    image = Image.open(os.path.join(HERE, "..", "protocols", "wide.jpg")).convert("RGB")
    image = torchvision.transforms.CenterCrop(CROP)(
        torchvision.transforms.Resize(73, torchvision.transforms.InterpolationMode.BILINEAR)(image)
    )
    x = prepare(np.asarray(image, dtype=np.float64))
    return torch.tensor(np.ascontiguousarray(x.transpose(2, 0, 1)[None]))


def weights(seed, scale):
    torch.manual_seed(seed)
    shapes = [(16, 3, 3, 3)] + [(16, 16, 3, 3)] * 7 + [(80, 64), (80, 80), (12, 80)]
    layers = [(torch.randn(s) * (2 / np.prod(s[1:])) ** 0.5, torch.randn(s[0]) * 0.1) for s in shapes]
    layers[0][0].mul_(scale)
    return layers


def scores(layers, x, norms=None):
    """The head takes the map in the order row, column, channel, as Keras flattens it."""
    i = 0
    for count in BLOCKS:
        for _ in range(count):
            x = F.conv2d(x, layers[i][0].double(), layers[i][1].double(), padding=1)
            if norms:
                gamma, beta, mean, variance = (n.double() for n in norms[i])
                x = F.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
            x = F.relu(x)
            i += 1
        x = F.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)
    for i in (8, 9, 10):
        x = F.linear(x, layers[i][0].double(), layers[i][1].double())
        x = x if i == 10 else F.relu(x)
    return x[0].tolist()


def hwio(w):
    return w.permute(2, 3, 1, 0).numpy()


# ----------------------------------------------------------------------------------------- Keras 2


def convolutional():
    layers = weights(1, 0.01)
    config, last = [], []

    def add(kind, name, **settings):
        config.append({
            "class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **settings}, "name": name,
            "inbound_nodes": [[[last[-1], 0, 0, {}]]] if last else [],
        })
        last.append(name)

    stored = []
    last_format = {"data_format": "channels_last"}
    add("InputLayer", "input_1", batch_input_shape=[None, CROP, CROP, 3], sparse=False, ragged=False)
    i = 0
    for block, count in enumerate(BLOCKS):
        for _ in range(count):
            add("ZeroPadding2D", f"zero_padding2d_{i}", padding=[[1, 1], [1, 1]], **last_format)
            add("Conv2D", f"conv2d_{i}", filters=16, kernel_size=[3, 3], strides=[1, 1], padding="valid", dilation_rate=[1, 1],
                groups=1, activation="linear", use_bias=True, kernel_regularizer=None, **last_format)
            stored.append((f"conv2d_{i}", hwio(layers[i][0]), layers[i][1].numpy()))
            add("Activation", f"activation_{i}", activation="relu")
            i += 1
        add("MaxPooling2D", f"max_pooling2d_{block}", pool_size=[2, 2], padding="valid", strides=[2, 2], **last_format)
    for i in (8, 9, 10):
        w = layers[i][0]
        # [out][row][column][channel] as [row][column][channel][out]
        kernel = w.reshape(80, 2, 2, 16).permute(1, 2, 3, 0).numpy() if i == 8 else w.T[None, None].numpy()
        side = kernel.shape[0]
        add("Conv2D", f"conv2d_{i}", filters=kernel.shape[3], kernel_size=[side, side], strides=[1, 1], padding="valid",
            dilation_rate=[1, 1], groups=1, activation="relu" if i < 10 else "linear", use_bias=True, **last_format)
        stored.append((f"conv2d_{i}", kernel, layers[i][1].numpy()))
        if i < 10:
            add("Dropout", f"dropout_{i}", rate=0.5, noise_shape=None, seed=None)
    add("Flatten", "flatten", **last_format)
    add("Activation", "softmax", activation="softmax")
    model = {"class_name": "Functional", "config": {
        "name": "model", "trainable": True, "layers": config, "input_layers": [["input_1", 0, 0]],
        "output_layers": [["softmax", 0, 0]]}, "keras_version": "2.11.0", "backend": "tensorflow"}
    with h5py.File(os.path.join(HERE, "convolutional.h5"), "w") as file:
        file.attrs["model_config"] = json.dumps(model)
        root = file.create_group("model_weights")
        root.attrs["backend"] = "tensorflow"
        root.attrs["layer_names"] = [name.encode() for name in last]
        for name in last:
            root.create_group(name).attrs["weight_names"] = np.array([], "S1")
        for name, kernel, bias in stored:
            root[name].attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            root[name].create_dataset(f"{name}/kernel:0", data=np.ascontiguousarray(kernel), chunks=True, compression="gzip")
            root[name].create_dataset(f"{name}/bias:0", data=bias)
    x = picture(lambda rgb: rgb[:, :, ::-1] - [103.939, 116.779, 123.68])
    expected["convolutional.h5"] = dict(arch="A", profile="keras", logits=scores(layers, x))


# ----------------------------------------------------------------------------------------- Keras 3


def functional(name, layers, shape):
    """Layers one after the other, each as Keras 3 writes it."""
    made, last = [], None
    for kind, own, settings in layers:
        policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
        config = settings if kind == "Functional" else {"name": own, "trainable": True, "dtype": policy, **settings}
        tensor = {"class_name": "__keras_tensor__", "config": {"shape": shape, "dtype": "float32", "keras_history": [last, 0, 0]}}
        made.append({
            "module": "keras.layers", "class_name": kind, "config": config, "registered_name": None, "name": own,
            "build_config": {"input_shape": shape}, "inbound_nodes": [{"args": [tensor], "kwargs": {}}] if last else []})
        last = own
    return {"name": name, "trainable": True, "layers": made, "input_layers": [[made[0]["name"], 0, 0]],
            "output_layers": [[last, 0, 0]]}


def nested():
    layers = weights(2, 1.0)
    torch.manual_seed(3)
    norms = [(torch.rand(16) + 0.5, torch.randn(16) * 0.2, torch.randn(16) * 0.3, torch.rand(16) * 0.02 + 0.01 if i == 0 else
              torch.rand(16) + 0.5) for i in range(8)]
    entry = ("InputLayer", "input_layer", {"batch_shape": [None, CROP, CROP, 3], "sparse": False})
    base, numbers = [("InputLayer", "input_layer_1", {"batch_shape": [None, CROP, CROP, 3]})], {}
    i = 0
    for block, count in enumerate(BLOCKS):
        for _ in range(count):
            # names as a second model of one session has them, of which the groups in the file know nothing
            base.append(("Conv2D", f"conv2d_{i + 1}", {
                "filters": 16, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last",
                "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias": True}))
            base.append(("BatchNormalization", f"bn_{i}", {"axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True,
                                                           "synchronized": False}))
            base.append(("ReLU", f"re_lu_{i}", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}))
            number = f"_{i}" if i else ""
            numbers[f"layers/functional/layers/conv2d{number}/vars"] = [hwio(layers[i][0]), layers[i][1].numpy()]
            numbers[f"layers/functional/layers/batch_normalization{number}/vars"] = [n.numpy() for n in norms[i]]
            i += 1
        base.append(("MaxPooling2D", f"pool_{block}", {"pool_size": [2, 2], "padding": "valid", "strides": [2, 2],
                                                      "data_format": "channels_last"}))
    head = [("Flatten", "flatten", {"data_format": "channels_last"})]
    for k, i in enumerate((8, 9, 10)):
        activation = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
        head.append(("Dense", f"dense_{k}", {"units": len(layers[i][1]), "activation": activation if i < 10 else "softmax", "use_bias": True}))
        numbers["layers/dense" + (f"_{k}" if k else "") + "/vars"] = [layers[i][0].T.numpy(), layers[i][1].numpy()]
    shape = [None, CROP, CROP, 3]
    whole = [entry, ("RandomFlip", "random_flip", {"mode": "horizontal"}), ("Rescaling", "rescaling", {"scale": 1 / 127.5, "offset": -1.0}),
             ("Functional", "base", functional("base", base, shape))] + head
    config = {"module": "keras.src.models.functional", "class_name": "Functional", "config": functional("whole", whole, shape),
              "registered_name": "Functional", "compile_config": None}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for group, arrays in numbers.items():
            for k, array in enumerate(arrays):
                file.create_dataset(f"{group}/{k}", data=np.ascontiguousarray(array, dtype=np.float32))
    with zipfile.ZipFile(os.path.join(HERE, "nested.keras"), "w") as archive:
        for name, content in [("metadata.json", json.dumps({"keras_version": "3.4.1"})), ("config.json", json.dumps(config)),
                              ("model.weights.h5", buffer.getvalue())]:
            archive.writestr(zipfile.ZipInfo(name), content)
    x = picture(lambda rgb: rgb / 127.5 - 1)
    expected["nested.keras"] = dict(arch="A-BN", profile="half",
                                    logits=scores(layers, x, norms))


# ----------------------------------------------------------------------------------------- Keras 1


def keras1():
    """As Keras 1 wrote a Sequential: a list, with its own names for everything. Its weights are made in the test."""
    config = []
    i = 0
    for block, count in enumerate(BLOCKS):
        for _ in range(count):
            first = {"batch_input_shape": [None, CROP, CROP, 3], "input_dtype": "float32"} if i == 0 else {}
            config.append({"class_name": "Convolution2D", "config": {
                "name": f"convolution2d_{i + 1}", "nb_filter": 16, "nb_row": 3, "nb_col": 3, "border_mode": "same", "subsample": [1, 1],
                "dim_ordering": "tf", "activation": "relu", "bias": True, "init": "glorot_uniform", **first}})
            i += 1
        config.append({"class_name": "MaxPooling2D", "config": {
            "name": f"maxpooling2d_{block + 1}", "pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid", "dim_ordering": "tf"}})
    config.append({"class_name": "Flatten", "config": {"name": "flatten_1"}})
    for k in range(3):
        config.append({"class_name": "Dense", "config": {
            "name": f"dense_{k + 1}", "output_dim": 12 if k == 2 else 80, "activation": "softmax" if k == 2 else "relu", "bias": True}})
        if k < 2:
            config.append({"class_name": "Dropout", "config": {"name": f"dropout_{k + 1}", "p": 0.5}})
    with open(os.path.join(HERE, "keras1.json"), "w") as out:
        json.dump({"class_name": "Sequential", "config": config}, out)


convolutional()
nested()
keras1()
with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(expected, out, indent=1)
    out.write("\n")
