"""State dicts and checkpoints as people save them from PyTorch, and what a network makes of a picture with them.

    apt-get install python3-torch python3-torchvision
    # Debian 12: torch 1.13.0, torchvision 0.14.1
    /usr/bin/python3 make_goldens.py          # writes checkpoints.zip and expected.json beside this script

All files are in one archive, since they are alike: network A at crop 32, 16 channels and 64 hidden features, weights of few
different values. expected.json has, for each file that must be read: the network's name, the SHA-256 of all its parameters (float,
little-endian, in the order of torchvision's state dict; null where PyTorch computes them) and its scores (double precision) of
the picture p[c][y][x] = ((7 c + 3 y + 5 x) mod 11 - 5) / 4. What must be refused has the word that the sentence must have.
"""

import argparse
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import io
import json
import os
import pathlib
import random
import re
import sys
import types
import uuid
import zipfile

import numpy as np
import torch
from torch import nn
import torch.nn.utils.prune as prune

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURE = torch.tensor([[[[((7 * c + 3 * y + 5 * x) % 11 - 5) / 4 for x in range(32)] for y in range(32)] for c in range(3)]], dtype=torch.float64)
expected = {}
archive = zipfile.ZipFile(os.path.join(HERE, "checkpoints.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9)


class Vgg(nn.Module):
    """Network A with torchvision's names."""

    def __init__(self, classes=4, seed=1, blocks=(1, 1, 2, 2, 2), norm=False, channels=16, hidden=64, inputs=3):
        super().__init__()
        layers, last = [], inputs
        for count in blocks:
            for _ in range(count):
                layers += [nn.Conv2d(last, channels, 3, padding=1)] + ([nn.BatchNorm2d(channels)] if norm else []) + [nn.ReLU()]
                last = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, classes)
        )
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                scale = (16.0 / max(1, parameter[0].numel())) ** 0.5
                coarse = torch.randint(0, 16, parameter.shape, generator=generator)
                parameter.copy_(((coarse == 0).int() - (coarse == 1).int()) * 2.0 ** round(np.log2(scale)))
        self.eval()

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def add(name, saved, **options):
    if saved is not None:
        buffer = io.BytesIO()
        torch.save(saved, buffer, **options)
        archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)


def ok(name, saved, model, arch="A", exact=True, state=None, profile="torchvision", **options):
    add(name, saved, **options)
    digest = hashlib.sha256()
    if exact:
        for parameter in model.parameters():
            digest.update(parameter.detach().numpy().astype("<f4").tobytes())
    with torch.no_grad():
        scores = copy.deepcopy(model).double()(PICTURE)[0].tolist()
    entry = dict(arch=arch, sha256=digest.hexdigest() if exact else None, scores=scores, profile=profile)
    expected[name if state is None else f"{name} --state {state}"] = entry


def no(name, saved, word, **options):
    add(name, saved, **options)
    expected[name] = dict(refused=word)


# ------------------------------------------------------------------------------------------- beside the weights


class Colour(enum.Enum):
    RED = 1


class Flags(enum.IntFlag):
    A = 1
    B = 2


class Args:
    def __init__(self):
        self.lr, self.again = 0.1, self


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, [2]

    def __getstate__(self):
        return None, {"a": self.a, "b": self.b}


@dataclasses.dataclass
class State:
    model: dict
    epoch: int = 3


class EasyDict(dict):
    pass


class Reduced:
    def __reduce__(self):
        return (functools.partial, (print, "never printed"), {"x": 1}, iter([1, 2]), iter([("k", 1)]))


class NewWithNames:
    def __new__(cls, *, size):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"size": 3}


Point = collections.namedtuple("Point", "x y")


def rate(epoch):
    return 0.5**epoch


def beside(model):
    """What training scripts keep beside the weights."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    adam = torch.optim.Adam(model.classifier[6].parameters())
    adam.zero_grad()
    model.classifier[6](torch.ones(1, 64)).sum().backward()
    adam.step()
    config = types.ModuleType("omegaconf.dictconfig")
    config.DictConfig = type("DictConfig", (), {"__module__": "omegaconf.dictconfig"})
    sys.modules["omegaconf"], sys.modules["omegaconf.dictconfig"] = types.ModuleType("omegaconf"), config
    omega = config.DictConfig()
    omega._content, omega._parent = {"lr": 0.1}, None
    loop = {"a": []}
    loop["a"].append(loop)
    return {
        "args": argparse.Namespace(lr=0.1, arch="vgg11", data=pathlib.PosixPath("/data")),
        "numpy": [np.float64(91.25), np.float32(0.5), np.int64(3), np.bool_(True), np.str_("a"), np.dtype("float32")],
        "arrays": [np.arange(6.0).reshape(2, 3), np.array([1, "a"], dtype=object), np.arange(4, dtype=">i2"), np.zeros(0)],
        "collections": [collections.Counter("abca"), collections.defaultdict(list, {"loss": [1.0]}), collections.deque([1, 2], 5)],
        "named": [Point(1, 2), Slots(), Args(), State({"k": 1}), EasyDict(a=1), NewWithNames(size=3), Reduced()],
        "time": [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(1), datetime.date(2020, 1, 1)],
        "enums": [Colour.RED, Flags.A | Flags.B],
        "torch": [torch.device("cuda:0"), torch.float32, torch.Size([1, 2]), torch.strided, torch.per_tensor_affine],
        "tensors": [torch.zeros(2, dtype=torch.complex64), torch.eye(2).to_sparse(), torch.tensor(3), torch.ones(1).expand(3), torch.zeros(2, dtype=torch.complex128),
                    torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), nn.Parameter(torch.ones(2)), torch.empty(0)],
        "plain": [{1, "a"}, frozenset([2]), b"bytes", bytearray(b"more"), 1 << 70, -(1 << 3000), -1, 1 << 40, 2.5, float("nan"), 1 + 2j, None, True, ..., range(3), slice(1, 2)],
        "keys": {(1, 2): 3, 1.5: "a", None: 1, b"k": 2, frozenset([1]): 1, np.int64(4): 5, Colour.RED: 1, torch.float32: 2},
        "functions": [functools.partial(rate, 3), rate, print, len, np.mean, nn.ReLU, re.compile("a+"), types.SimpleNamespace(a=1), ValueError("x")],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), uuid.UUID(int=5)],
        "optimizer": optimizer.state_dict(),
        "adam": adam.state_dict(),
        "whole_optimizer": torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1),
        "schedulers": [torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2]).state_dict(), torch.optim.lr_scheduler.LambdaLR(optimizer, rate).state_dict(),
                       torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10).state_dict()],
        "scaler": {"scale": 65536.0, "_growth_tracker": 3},
        "rng": [torch.get_rng_state()[:16], np.random.RandomState(1).get_state()[:1], random.Random(1).getstate()[:1]],
        "loss": nn.CrossEntropyLoss(weight=torch.ones(3)),
        "cfg": omega,
        "loop": loop,
    }


def checkpoints():
    model = Vgg()
    state = model.state_dict()
    for protocol in (1, 2, 3, 4, 5):
        saved = {**beside(Vgg()), "state_dict": state, "epoch": 3}
        ok(f"beside-{protocol}.pth", saved, model, pickle_protocol=protocol)
    ok("beside-legacy.pth", {"state_dict": state, **{k: v for k, v in beside(Vgg()).items() if k != "loss"}}, model, _use_new_zipfile_serialization=False)
    ok("easydict.pth", EasyDict(net=EasyDict(state), acc=np.float64(91.25)), model)
    ok("tuple.pth", (state, 3, {"lr": 0.1}), model)
    ok("dataclass.pth", State(state), model)
    ok("deep.pth", {"checkpoint": {"models": {"vgg": state}}, "epoch": 1}, model)
    ok("parts.pth", {"features": model.features.state_dict(), "classifier": model.classifier.state_dict()}, model)
    ok("parameters.pth", collections.OrderedDict(model.named_parameters()), model)

    labelled = {}
    for key, value in state.items():
        labelled[key] = value.clone().as_subclass(Labelled)
        labelled[key].label = key
    ok("subclass.pth", labelled, model)

    other = Vgg(seed=2)
    averaged = torch.optim.swa_utils.AveragedModel(other)
    ok("ema.pth", {"model_ema": averaged.state_dict(), "model": state, "epoch": 1}, model)
    ok("ema.pth", None, other, state="model_ema")
    ok("ema.pth", None, model, state="model")
    ok("ema-nested.pth", {"ema": {"model": other.state_dict(), "decay": 0.99}, "model": state}, model)
    ok("ema-nested.pth", None, other, state="ema")
    ok("ema-alone.pth", {"state_dict_ema": averaged.state_dict()}, other)
    no("student-teacher.pth", {"student": state, "teacher": other.state_dict()}, "holds 2 networks, student, teacher: choose one (vgg import --state")
    ok("student-teacher.pth", None, other, state="teacher")
    both = {**{"student." + k: v for k, v in state.items()}, **{"teacher." + k: v for k, v in other.state_dict().items()}}
    no("siamese.pth", {"state_dict": both}, "holds 2 networks, state_dict.student, state_dict.teacher")
    ok("siamese.pth", None, model, state="student")
    ok("siamese.pth", None, other, state="state_dict.teacher")
    generator = nn.Sequential(nn.ConvTranspose2d(8, 3, 4), nn.Tanh()).state_dict()
    ok("gan.pth", {"G": generator, "D": state}, model)
    no("gan-of-two.pth", {"D_A": state, "D_B": other.state_dict(), "G": generator}, "holds 2 networks, D_A, D_B")
    ok("best.pth", {"best_state": dict(state), "state_dict": state}, model)


class Labelled(torch.Tensor):
    pass


# ------------------------------------------------------------------------------------------- names


class Wrapped(nn.Module):
    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)


def names():
    model = Vgg()
    state = model.state_dict()
    parallel = Vgg()
    parallel.features = nn.DataParallel(parallel.features)
    ok("features-module.pth", {"state_dict": parallel.state_dict(), "best_acc1": torch.tensor(12.5)}, model)
    parallel.classifier = nn.DataParallel(parallel.classifier)
    ok("both-module.pth", Wrapped(net=Wrapped(backbone=parallel)).state_dict(), model)
    ok("averaged.pth", torch.optim.swa_utils.AveragedModel(nn.DataParallel(model)).state_dict(), model)
    for prefix in ("net.", "backbone.", "timm_model.", "0.", "module.model.vgg16.encoder.", "_orig_mod.module."):
        ok(f"prefix-{prefix.rstrip('.')}.pth", {prefix + k: v for k, v in state.items()}, model)
    ok("compiled-layers.pth", {k.replace("features.", "features._orig_mod.").replace(".3.", ".3._checkpoint_wrapped_module."): v for k, v in state.items()}, model)
    ok("own-head.pth", {("backbone." if k.startswith("features") else "") + k: v for k, v in state.items()}, model)
    ok("alias.pth", Wrapped(model=model, same=model, encoder=model.features).state_dict(), model)
    counted = dict(state)
    for key in list(state):
        counted[key.rpartition(".")[0] + ".total_ops"] = torch.zeros(1, dtype=torch.float64)
    counted["features.1.total_params"] = counted["total_ops"] = torch.zeros(1, dtype=torch.float64)
    ok("thop.pth", counted, model)
    criterion = nn.CrossEntropyLoss(weight=torch.ones(4))
    ok("lightning.ckpt", {"state_dict": Wrapped(model=model, criterion=criterion, loss_fn=Wrapped(vgg=Vgg(seed=3))).state_dict(), "hyper_parameters": {"lr": 0.1}}, model)
    ok("metrics.pth", {**state, "val_acc.correct": torch.tensor(3), "num_classes": torch.tensor(4), "class_weights": torch.ones(4), "train_metrics.tp": torch.zeros(4)}, model)
    old = {"classifier.0": "classifier.1", "classifier.3": "classifier.4"}
    ok("dropout-first.pth", {old.get(k[:12], k[:12]) + k[12:] if k.startswith("classifier") else k: v for k, v in state.items()}, model)

    normalised = Vgg(norm=True, seed=4)
    with torch.no_grad():
        for module in normalised.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.add_(1)
                module.running_mean.fill_(0.25)
                module.running_var.fill_(1.5)
    ok("bn-sync.pth", nn.DataParallel(nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(normalised))).state_dict(), normalised, "A-BN", exact=False)

    colours = dict(mean=torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), std=torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))
    ok("colours.pth", {**state, **colours}, model)
    ok("colours-caffe.pth", {**state, "pixel_mean": torch.tensor([103.939, 116.779, 123.68])}, model, profile="caffe")
    ok("colours-paper.pth", {**state, "normalize.mean": torch.tensor([123.68, 116.779, 103.939])}, model, profile="paper")
    ok("colours-half.pth", {**state, "mean": torch.tensor([0.5]), "std": torch.tensor([0.5])}, model, profile="half")
    no("colours-std.pth", {**state, "std": torch.ones(3)}, "has a tensor std, but no mean")


# ------------------------------------------------------------------------------------------- layers


def layers():
    model = Vgg()
    prune.l1_unstructured(model.features[0], "weight", 0.3)
    prune.random_unstructured(model.classifier[3], "weight", 0.5)
    prune.l1_unstructured(model.classifier[6], "bias", 1)
    saved = model.state_dict()
    for layer, part in [(model.features[0], "weight"), (model.classifier[3], "weight"), (model.classifier[6], "bias")]:
        prune.remove(layer, part)
    plain = Vgg()
    plain.load_state_dict(model.state_dict())
    ok("pruned.pth", saved, plain)

    model = Vgg()
    nn.utils.weight_norm(model.classifier[6])
    nn.utils.weight_norm(model.features[3])
    with torch.no_grad():
        model.features[3].weight_g.mul_(1.5)
    ok("weight-norm.pth", model.state_dict(), unnormalised(model, nn.utils.remove_weight_norm, (model.classifier[6], model.features[3])), exact=False)
    ok("weight-norm-new.pth", {k.replace("weight_g", "parametrizations.weight.original0").replace("weight_v", "parametrizations.weight.original1"): v
                               for k, v in saved_before.items()}, model, exact=False)

    model = Vgg()
    for layer in (model.classifier[6], model.features[3]):
        nn.utils.spectral_norm(layer)
    model(torch.zeros(1, 3, 32, 32))
    ok("spectral.pth", model.state_dict(), unnormalised(model, nn.utils.remove_spectral_norm, (model.classifier[6], model.features[3])), exact=False)

    model = Vgg()
    nn.utils.parametrizations.spectral_norm(model.classifier[3]).eval()
    state = model.state_dict()
    nn.utils.parametrize.remove_parametrizations(model.classifier[3], "weight")
    ok("spectral-new.pth", state, model, exact=False)

    model = Vgg()
    state = model.state_dict()
    conv = {k: v.view(*v.shape, 1, 1) if k.startswith("classifier") and v.dim() == 2 else v for k, v in state.items()}
    ok("fully-conv.pth", conv, model)
    tail = Vgg()
    tail.classifier[6] = nn.Sequential(nn.Dropout(), tail.classifier[6])
    tail.classifier[0] = nn.Sequential(tail.classifier[0], nn.ReLU())
    ok("head-dropout-linear.pth", tail.state_dict(), model)

    single = Vgg()
    single.classifier = nn.Linear(16, 4)
    ok("head-single.pth", single.state_dict(), single)
    single.classifier = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
    ok("head-two.pth", single.state_dict(), single)
    four = Vgg()
    four.classifier[6] = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
    ok("head-sequential.pth", four.state_dict(), four)
    four.classifier.add_module("7", nn.ReLU())
    four.classifier.add_module("8", nn.Linear(4, 4))
    no("head-five.pth", four.state_dict(), "has 5 fully connected layers (classifier.0, 16 to 64; classifier.3, 64 to 64;")
    added = Vgg(classes=10)
    added.classifier.add_module("7", nn.ReLU())
    added.classifier.add_module("8", nn.Linear(10, 4))
    ok("head-added.pth", added.state_dict(), added)
    close = Vgg()
    close.classifier = nn.Sequential(*[m for m in close.classifier if isinstance(m, nn.Linear)])
    no("head-without-relu.pth", close.state_dict(), "classifier.1 follows classifier.0 without a ReLU between")
    ok("hidden.pth", Vgg(hidden=512).state_dict(), Vgg(hidden=512))
    no("gray.pth", Vgg(inputs=1).state_dict(), "features.0 reads 1 channel, but images have three")
    no("rgba.pth", Vgg(inputs=4).state_dict(), "features.0 reads 4 channels, but images have three")
    no("one-logit.pth", Vgg(classes=1).state_dict(), "classifier.6 has one output")
    ok("odd.pth", Vgg(channels=13).state_dict(), Vgg(channels=13), exact=False)
    no("deeper.pth", Vgg(blocks=(3, 3, 4, 4, 4)).state_dict(), "has 18 convolutions, but the networks of the family have")
    no("pools.pth", Vgg(blocks=(2, 2, 2, 1, 1)).state_dict(), "have the shapes of network A, but its pools, or an LRN, are elsewhere")
    no("features-only.pth", {k: v for k, v in state.items() if k.startswith("features")}, "has no fully connected layers")
    broken = Vgg()
    broken.classifier[6].weight.data[0, 0] = float("nan")
    broken.classifier[6].weight.data[1, 2] = float("inf")
    no("diverged.pth", broken.state_dict(), "2 of 256 values of classifier.6.weight")
    no("overflow.pth", {k: (v * 1e6).half() for k, v in state.items()}, "are not finite")
    no("sparse.pth", {k: v.to_sparse() if v.dim() == 2 else v for k, v in state.items()}, "classifier.0.weight is not a plain tensor (torch._utils._rebuild_sparse_tensor)")
    no("quantised.pth", torch.quantization.quantize_dynamic(Vgg(), {nn.Linear}, dtype=torch.qint8).state_dict(), "of a quantised network")
    no("whole.pth", Vgg(), "holds a whole model (an object of class __main__.Vgg)")
    no("whole-legacy.pth", Vgg(), "holds a whole model", _use_new_zipfile_serialization=False)
    no("whole-inside.pth", {"model": nn.DataParallel(Vgg()), "epoch": 1}, "holds a whole model under model (an object of class torch.nn.parallel.data_parallel.DataParallel)")
    no("no-weights.pth", {"epoch": 1, "args": argparse.Namespace(a=1)}, "holds no state dict")
    negated = torch.view_as_complex(torch.stack([torch.zeros(64, 64), state["classifier.3.weight"]], -1)).conj().imag
    assert negated.is_neg()
    ok("negated.pth", {**state, "classifier.3.weight": negated}, Vgg())
    no("two-heads.pth", {**state, "head.fc.weight": torch.ones(4, 64)}, "has two heads, classifier and head.fc")
    no("twice.pth", {"model.features.0.weight": torch.ones(16, 3, 3, 3), "model": state}, "two tensors where there should be one")
    no("aux.pth", {**state, "aux.0.weight": torch.ones(4, 4)}, "such as aux.0.weight")
    no("attention.pth", {**state, "features.0.se.fc.weight": torch.ones(4, 4)}, "features.0.se.fc.weight is none of a VGG network")
    no("temperature.pth", {**state, "temperature": torch.tensor(1.5)}, "such as temperature")
    no("lora.pth", {**state, "classifier.0.lora_A.default.weight": torch.ones(4, 4)}, "an adapter (LoRA)")
    prelu = {**state, "features.1.weight": torch.ones(16)}
    no("prelu.pth", prelu, "features.1 has numbers for each channel, but no running_mean")
    no("group-norm.pth", {**prelu, "features.1.bias": torch.ones(16)}, "normalisation other than BatchNorm2d")


saved_before = {}


def unnormalised(model, remove, layers):
    """The model with plain weights; its state dict from before is in saved_before."""
    saved_before.clear()
    saved_before.update({k: v.clone() for k, v in model.state_dict().items()})
    for layer in layers:
        remove(layer)
    return model


def main():
    checkpoints()
    names()
    layers()
    archive.close()
    with open(os.path.join(HERE, "expected.json"), "w") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")


main()
