"""Weights as other toolkits write them, and the scores that those give a picture.

    apt-get install python3-torch python3-torchvision python3-onnx python3-h5py python3-pil
    # Debian 12: torch 1.13.0, torchvision 0.14.1, onnx 1.12.0, h5py 3.7.0, Pillow 9.4.0
    /usr/bin/python3 make_goldens.py          # writes everything beside this script

Networks are small: 16 channels everywhere, 80 hidden features, crop 64 (so that the last map is 2x2 and its order matters).
PyTorch, torchvision, ONNX and h5py write their own files. timm, Caffe, Keras and safetensors are not in Debian: their files are
written here in the published layouts, from the same numbers. expected.json says for each file what must be found in it, and the
scores (logits, in double precision) of ../protocols/wide.jpg, prepared as the origin prepares its images.
"""

import io
import json
import os
import struct

import h5py
import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import torch
import torchvision
from PIL import Image
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURE = os.path.join(HERE, "..", "protocols", "wide.jpg")
CHANNELS = 16
HIDDEN = 80
CLASSES = 12
CROP = 64
SCALE = 73  # 64 * 256 / 224, rounded

BLOCKS = {"A": [1, 1, 2, 2, 2], "B": [2] * 5, "D": [2, 2, 3, 3, 3]}

TORCHVISION = ("RGB", 1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CAFFE = ("BGR", 255.0, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0))

expected = {}


def path(name):
    return os.path.join(HERE, name)


def picture(profile):
    """The middle of the picture as torchvision's Resize and CenterCrop have it: [1][3][64][64]."""
    order, value_range, mean, std = profile
    image = Image.open(PICTURE).convert("RGB")
    image = torchvision.transforms.CenterCrop(CROP)(
        torchvision.transforms.Resize(SCALE, torchvision.transforms.InterpolationMode.BILINEAR)(image)
    )
    x = np.asarray(image, dtype=np.float64) * value_range / 255
    x = (x - np.array(mean)) / np.array(std)
    if order == "BGR":
        x = x[:, :, ::-1]
    return torch.tensor(np.ascontiguousarray(x.transpose(2, 0, 1)[None]))


def network(arch, batch_norm=False, seed=0, scale=1.0):
    """A torchvision VGG of small width with weights whose scores are of the order of one."""
    torch.manual_seed(seed)
    layers = []
    for count in BLOCKS[arch]:
        layers += [CHANNELS] * count + ["M"]
    model = torchvision.models.VGG(torchvision.models.vgg.make_layers(layers, batch_norm=batch_norm), init_weights=False)
    model.avgpool = nn.Identity()
    model.classifier = nn.Sequential(
        nn.Linear(CHANNELS * 4, HIDDEN), nn.ReLU(True), nn.Dropout(),
        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(True), nn.Dropout(),
        nn.Linear(HIDDEN, CLASSES),
    )
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, std=0.1)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
            module.num_batches_tracked.fill_(1234)
    with torch.no_grad():
        model.features[0].weight.mul_(scale)  # for images in 0..255
    return model.eval()


def scores(model, profile):
    with torch.no_grad():
        return model.double()(picture(profile))[0].tolist()


def expect(name, arch, dialect, profile, model, **more):
    expected[name] = dict(
        arch=arch, dialect=dialect, profile="torchvision" if profile is TORCHVISION else profile_name(dialect),
        logits=scores(model, profile), **more
    )
    model.float()


def profile_name(dialect):
    return "keras" if dialect == "Keras" else "caffe"


# ------------------------------------------------------------------------------------------- PyTorch


def pytorch():
    model = network("A", seed=1)
    state = model.state_dict()
    torch.save(state, path("torchvision.pth"))
    expect("torchvision.pth", "A", "torchvision", TORCHVISION, model)

    model = network("D", seed=2)
    torch.save(model.state_dict(), path("torchvision-legacy.pth"), _use_new_zipfile_serialization=False)
    expect("torchvision-legacy.pth", "D", "torchvision", TORCHVISION, model)

    for name, dtype in [("half", torch.float16), ("bfloat16", torch.bfloat16)]:
        model = network("A", seed=3)
        state = {key: value.to(dtype) for key, value in model.state_dict().items()}
        torch.save(state, path(f"torchvision-{name}.pt"))
        model.load_state_dict({key: value.float() for key, value in state.items()})
        expect(f"torchvision-{name}.pt", "A", "torchvision", TORCHVISION, model)

    # views: a transposed matrix, filters with the channels innermost, all biases in one storage
    model = network("B", seed=4)
    state = model.state_dict()
    for key in ["classifier.0.weight", "classifier.3.weight"]:
        state[key] = state[key].t().contiguous().t()
    for key in ["features.5.weight", "features.7.weight"]:
        state[key] = state[key].contiguous(memory_format=torch.channels_last)
    biases = [key for key in state if key.endswith(".bias")]
    flat = torch.cat([state[key] for key in biases])
    start = 0
    for key in biases:
        state[key] = flat[start:start + len(state[key])]
        start += len(state[key])
    torch.save(state, path("strided.pth"))
    expect("strided.pth", "B", "torchvision", TORCHVISION, model)

    # what a training script of torchvision or Lightning's kind leaves, of a network on several devices
    model = network("A", seed=5)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    model.train()
    model(torch.zeros(2, 3, CROP, CROP)).sum().backward()
    optimizer.step()
    model.eval()
    state = {"module." + key: value for key, value in model.state_dict().items()}
    torch.save(
        dict(epoch=3, arch="vgg11", state_dict=state, best_acc1=torch.tensor(71.5), optimizer=dict(lr=0.1, steps=[1, 2])),
        path("checkpoint.pth.tar"),
    )
    expect("checkpoint.pth.tar", "A", "torchvision", TORCHVISION, model)

    model = network("B", batch_norm=True, seed=6)
    torch.save(model.state_dict(), path("torchvision-bn.pth"))
    expect("torchvision-bn.pth", "B-BN", "torchvision", TORCHVISION, model, norms=10)

    model = network("A", seed=7)
    state = model.state_dict()
    timm = {key: value for key, value in state.items() if key.startswith("features")}
    timm["pre_logits.fc1.weight"] = state["classifier.0.weight"].reshape(HIDDEN, CHANNELS, 2, 2)
    timm["pre_logits.fc2.weight"] = state["classifier.3.weight"].reshape(HIDDEN, HIDDEN, 1, 1)
    for theirs, ours in [("pre_logits.fc1", "classifier.0"), ("pre_logits.fc2", "classifier.3"), ("head.fc", "classifier.6")]:
        timm[theirs + ".bias"] = state[ours + ".bias"]
    timm["head.fc.weight"] = state["classifier.6.weight"]
    torch.save(timm, path("timm.pth"))
    expect("timm.pth", "A", "timm", TORCHVISION, model)

    for name, dtype in [("F32", np.float32), ("F16", np.float16)]:
        model = network("A", seed=8)
        state = {key: value.numpy().astype(dtype) for key, value in model.state_dict().items()}
        safetensors(path(f"torchvision-{name.lower()}.safetensors"), state, name)
        model.load_state_dict({key: torch.tensor(value.astype(np.float32)) for key, value in state.items()})
        expect(f"torchvision-{name.lower()}.safetensors", "A", "torchvision", TORCHVISION, model)

    # to be refused
    torch.jit.save(torch.jit.script(network("A", seed=9)), path("refused-torchscript.pt"))
    torch.save(network("A", seed=9), path("refused-module.pth"))
    nan = network("A", seed=9).state_dict()
    nan["classifier.0.weight"].fill_(float("nan"))
    torch.save(nan, path("refused-features.pth"))


def safetensors(file, arrays, dtype):
    header, start = {"__metadata__": {"format": "pt"}}, 0
    for key, value in arrays.items():
        header[key] = dict(dtype=dtype, shape=list(value.shape), data_offsets=[start, start + value.nbytes])
        start += value.nbytes
    text = json.dumps(header).encode()
    with open(file, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(value.tobytes() for value in arrays.values()))


# ------------------------------------------------------------------------------------------- Caffe


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    """A field of a protocol buffer: a whole number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def old_blob(array):
    shape = (1,) * (4 - array.ndim) + array.shape
    return b"".join(field(i + 1, n) for i, n in enumerate(shape)) + field(5, array.astype("<f4").tobytes())


def new_blob(array):
    shape = field(1, b"".join(varint(n) for n in array.shape))
    return field(5, array.astype("<f4").tobytes()) + field(7, shape)


def caffe():
    """BGR in 0..255; layers as in VGG_ILSVRC_16_layers (old form), and as Caffe writes them today."""
    for name, arch, old, average in [
        ("caffe-old.caffemodel", "D", True, 0), ("caffe-new.caffemodel", "A", False, 0), ("refused-average.caffemodel", "A", False, 1)
    ]:
        model = network(arch, seed=10, scale=0.01)
        state = {key: value.numpy() for key, value in model.state_dict().items()}
        net = field(1, b"VGG_small")
        blob = old_blob if old else new_blob

        def layer(label, kind, number, key=None):
            weights = [] if key is None else [state[key + ".weight"], state[key + ".bias"]]
            parameters = b""
            if kind == "Convolution":  # num_output, pad, kernel_size
                parameters = field(10 if old else 106, field(1, CHANNELS) + field(3, 1) + field(4, 3))
            if kind == "Pooling":  # the largest of 2x2
                parameters = field(19 if old else 121, field(1, average) + field(2, 2) + field(3, 2))
            if old:
                body = field(2, b"below") + field(3, b"above") + field(4, label.encode()) + field(5, number)
                body += b"".join(field(6, blob(w)) for w in weights)
                return field(2, body + parameters)
            body = field(1, label.encode()) + field(2, kind.encode()) + field(3, b"below") + field(4, b"above")
            body += b"".join(field(7, blob(w)) for w in weights)
            return field(100, body + parameters)

        index = 0
        for block, count in enumerate(BLOCKS[arch]):
            for i in range(count):
                net += layer(f"conv{block + 1}_{i + 1}", "Convolution", 4, f"features.{index}")
                net += layer(f"relu{block + 1}_{i + 1}", "ReLU", 18)
                index += 2
            net += layer(f"pool{block + 1}", "Pooling", 17)
            index += 1
        for fc, key in [("fc6", 0), ("fc7", 3), ("fc8", 6)]:
            net += layer(fc, "InnerProduct", 14, f"classifier.{key}")
            if fc != "fc8":
                net += layer(fc.replace("fc", "relu"), "ReLU", 18) + layer(fc.replace("fc", "drop"), "Dropout", 6)
        net += layer("prob", "Softmax", 20)
        with open(path(name), "wb") as out:
            out.write(net)
        if not average:
            expect(name, arch, "Caffe", CAFFE, model)


# ------------------------------------------------------------------------------------------- Keras


def keras_layers(arch, model):
    """Name, kernel and bias as Keras has them: HWIO, [in][out], and fc1 over row, column, channel."""
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    index = 0
    for block, count in enumerate(BLOCKS[arch]):
        for i in range(count):
            yield f"block{block + 1}_conv{i + 1}", state[f"features.{index}.weight"].transpose(2, 3, 1, 0), state[f"features.{index}.bias"]
            index += 2
        index += 1
        yield f"block{block + 1}_pool", None, None
    yield "flatten", None, None
    fc1 = state["classifier.0.weight"].reshape(HIDDEN, CHANNELS, 2, 2).transpose(2, 3, 1, 0).reshape(-1, HIDDEN)
    yield "fc1", fc1, state["classifier.0.bias"]
    yield "fc2", state["classifier.3.weight"].T, state["classifier.3.bias"]
    yield "predictions", state["classifier.6.weight"].T, state["classifier.6.bias"]


def keras():
    for name, arch, kind in [("keras-old.h5", "D", "old"), ("keras-new.h5", "B", "new"), ("keras-model.h5", "B", "model")]:
        model = network(arch, seed=11, scale=0.01)
        with h5py.File(path(name), "w") as file:
            root = file.create_group("model_weights") if kind == "model" else file
            layers = list(keras_layers(arch, model))
            root.attrs["layer_names"] = [b"input_1"] + [layer.encode() for layer, _, _ in layers]
            root.create_group("input_1").attrs["weight_names"] = np.array([], dtype="S1")
            for layer, kernel, bias in layers:
                group = root.create_group(layer)
                if kernel is None:
                    group.attrs["weight_names"] = np.array([], dtype="S1")
                    continue
                names = [f"{layer}_W_1:0", f"{layer}_b_1:0"] if kind == "old" else [f"{layer}/kernel:0", f"{layer}/bias:0"]
                group.attrs["weight_names"] = [n.encode() for n in names]
                for weight, array in zip(names, [kernel, bias]):
                    group.create_dataset(weight, data=np.ascontiguousarray(array), dtype="float32")
        expect(name, arch, "Keras", CAFFE, model)

    # A's layers may also be A-LRN's: Keras 3 does not say; that file is not in expected.json
    for name, arch in [("keras3.weights.h5", "D"), ("ambiguous.weights.h5", "A")]:
        model = network(arch, seed=12, scale=0.01)
        with h5py.File(path(name), "w") as file:
            counts = {"conv2d": 0, "dense": 0}
            for layer, kernel, bias in keras_layers(arch, model):
                if kernel is not None:
                    kind = "conv2d" if kernel.ndim == 4 else "dense"
                    number = f"_{counts[kind]}" if counts[kind] else ""
                    counts[kind] += 1
                    for i, array in enumerate([kernel, bias]):
                        weight = f"layers/{kind}{number}/vars/{i}"
                        file.create_dataset(weight, data=np.ascontiguousarray(array), dtype="float32")
        if arch == "D":
            expect(name, arch, "Keras", CAFFE, model)


# ------------------------------------------------------------------------------------------- ONNX


def to_onnx(model, opset):
    buffer = io.BytesIO()
    torch.onnx.export(
        model.float(), torch.zeros(1, 3, CROP, CROP), buffer, opset_version=opset,
        input_names=["data"], output_names=["scores"], dynamic_axes={"data": {0: "N"}, "scores": {0: "N"}},
    )
    return onnx.load_from_string(buffer.getvalue())


def onnx_files():
    model = network("D", seed=13)
    onnx.save(to_onnx(model, 13), path("torch.onnx"))
    expect("torch.onnx", "D", "ONNX", TORCHVISION, model)

    model = network("A", seed=14)
    onnx.save(
        to_onnx(model, 11), path("external.onnx"), save_as_external_data=True, location="external.bin", size_threshold=0
    )
    expect("external.onnx", "A", "ONNX", TORCHVISION, model)

    # with normalisations, which the exporter would fold, and numbers as float_data, as MXNet's converter writes them
    model = network("B", batch_norm=True, seed=15)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3  # not PyTorch's
    onnx.save(chain(model), path("mxnet-bn.onnx"))
    expect("mxnet-bn.onnx", "B-BN", "ONNX", TORCHVISION, model, norms=10)

    # to be refused: the same with each normalisation after its ReLU, where it cannot be folded
    features = list(model.float().features)
    for i in [i for i, module in enumerate(features) if isinstance(module, nn.BatchNorm2d)]:
        features[i], features[i + 1] = features[i + 1], features[i]
    onnx.save(chain(model, features), path("refused-order.onnx"))

    model = WithLrn(network("A", seed=16))
    onnx.save(chain(model), path("lrn.onnx"))
    expect("lrn.onnx", "A-LRN", "ONNX", TORCHVISION, model)


class WithLrn(nn.Module):
    """Network A with the paper's LRN after its first convolution; PyTorch divides alpha by the size."""

    def __init__(self, model):
        super().__init__()
        layers = list(model.features)
        self.features = nn.Sequential(*layers[:2], nn.LocalResponseNorm(5, 5e-4, 0.75, 2), *layers[2:])
        self.classifier = model.classifier

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def chain(model, features=None):
    nodes, weights, last = [], [], "data"

    def add(kind, inputs=(), **attributes):
        nonlocal last
        output = f"node{len(nodes)}"
        names = []
        for tensor in inputs:
            names.append(f"weight{len(weights)}")
            array = tensor.detach().numpy()
            weights.append(onnx.helper.make_tensor(names[-1], onnx.TensorProto.FLOAT, array.shape, array.flatten().tolist()))
        nodes.append(onnx.helper.make_node(kind, [last] + names, [output], name=output, **attributes))
        last = output

    for module in (features or list(model.features)) + ["flatten"] + list(model.classifier):
        if isinstance(module, nn.Conv2d):
            add("Conv", [module.weight, module.bias], kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1], dilations=[1, 1], group=1)
        elif isinstance(module, nn.BatchNorm2d):
            add("BatchNormalization", [module.weight, module.bias, module.running_mean, module.running_var], epsilon=module.eps)
        elif isinstance(module, nn.LocalResponseNorm):
            add("LRN", size=module.size, alpha=module.alpha, beta=module.beta, bias=float(module.k))
        elif isinstance(module, nn.MaxPool2d):
            add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4)
        elif isinstance(module, nn.ReLU):
            add("Relu")
        elif isinstance(module, nn.Dropout):
            add("Dropout")
        elif isinstance(module, nn.Linear):
            add("Gemm", [module.weight, module.bias], alpha=1.0, beta=1.0, transA=0, transB=1)
        else:
            add("Flatten")
    graph = onnx.helper.make_graph(
        nodes, "mxnet_converted_model",
        [onnx.helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, ["N", 3, CROP, CROP])],
        [onnx.helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, ["N", CLASSES])], weights,
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])


def main():
    pytorch()
    caffe()
    keras()
    onnx_files()
    with open(path("expected.json"), "w") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")


main()
