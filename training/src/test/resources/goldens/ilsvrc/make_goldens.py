"""A miniature ILSVRC-2012 in the formats of the real one: as distributed, and in Kaggle's layout.

Needs Debian's python3-numpy, python3-scipy and python3-pil. Run it in its folder: it writes distributed/ and kaggle/.
The pictures are made here: each class has two colours of its own, and stripes of a width of its own.
"""
import gzip
import io
import os
import shutil
import tarfile

import numpy
import scipy.io
from PIL import Image

# WNID, words, ILSVRC2012_ID (not the rank of the WNID, nor its own inverse), children
SYNSETS = [
    ("n01440764", "tench, Tinca tinca", 3, []),
    ("n01443537", "goldfish, Carassius auratus", 1, []),
    ("n02100735", "English setter", 4, []),
    ("n02119789", "kit fox, Vulpes macrotis", 2, []),
    ("n00015388", "animal, animate being, beast", 5, [1, 2, 3, 4]),
]
LEAVES = [s for s in SYNSETS if not s[3]]
COLOURS = [((40, 90, 60), (150, 170, 90)), ((230, 120, 20), (90, 30, 10)), ((240, 240, 235), (60, 50, 50)), ((200, 160, 110), (90, 140, 200))]
TRAIN, VAL, TEST = 10, 3, 2
random = numpy.random.RandomState(7)


def picture(label):
    height, width = random.randint(40, 60), random.randint(48, 80)
    first, second = (numpy.array(c) for c in COLOURS[label])
    wave = (numpy.arange(width) // (4 + 3 * label) + random.randint(2)) % 2
    image = numpy.where(wave[None, :, None] == 0, first, second) * numpy.ones((height, 1, 1))
    image = image + random.randint(-25, 26, image.shape) + random.randint(-15, 16)
    data = io.BytesIO()
    Image.fromarray(image.clip(0, 255).astype(numpy.uint8)).save(data, "JPEG", quality=80)
    return data.getvalue()


def add(tar, name, content):
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(content), 1340000000, 0o644
    tar.addfile(info, io.BytesIO(content))


def archive(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in files:
            add(tar, name, content)
    return data.getvalue()


def meta():
    types = [(n, object) for n in ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images")]
    by_id = sorted(SYNSETS, key=lambda s: s[2])
    rows = numpy.zeros((len(by_id), 1), types)
    for row, (wnid, words, number, children) in zip(rows[:, 0], by_id):
        row["ILSVRC2012_ID"] = float(number)
        row["WNID"], row["words"], row["gloss"] = wnid, words, "what " + words + " is"
        row["num_children"], row["children"] = float(len(children)), numpy.array(children, float)
        row["wordnet_height"], row["num_train_images"] = float(bool(children)), 0.0 if children else float(TRAIN)
    data = io.BytesIO()
    scipy.io.savemat(data, {"synsets": rows}, do_compression=True)
    return data.getvalue()


train = {s[0]: [(f"{s[0]}_{random.randint(10, 20000)}.JPEG", picture(k)) for _ in range(TRAIN)] for k, s in enumerate(LEAVES)}
val_labels = random.permutation(numpy.repeat(numpy.arange(len(LEAVES)), VAL))
val = [(f"ILSVRC2012_val_{i + 1:08}.JPEG", picture(k)) for i, k in enumerate(val_labels)]
test_labels = random.permutation(numpy.repeat(numpy.arange(len(LEAVES)), TEST))
test = [(f"ILSVRC2012_test_{i + 1:08}.JPEG", picture(k)) for i, k in enumerate(test_labels)]

for folder in ("distributed", "kaggle"):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


write("distributed/ILSVRC2012_img_train.tar", archive([(wnid + ".tar", archive(files)) for wnid, files in train.items()]))
write("distributed/ILSVRC2012_img_val.tar", archive(val))
write("distributed/ILSVRC2012_img_test.tar", archive(test))
truth = "".join(f"{LEAVES[k][2]}\n" for k in val_labels).encode()
kit = archive([("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", truth), ("ILSVRC2012_devkit_t12/data/meta.mat", meta())])

write("distributed/ILSVRC2012_devkit_t12.tar.gz", gzip.compress(kit, mtime=0))
write("./test-labels.txt", "".join(f"{LEAVES[k][0]}\n" for k in test_labels).encode())

images = "kaggle/ILSVRC/Data/CLS-LOC/"
for wnid, files in train.items():
    for name, content in files:
        write(f"{images}train/{wnid}/{name}", content)
for part, files in (("val", val), ("test", test)):
    for name, content in files:
        write(f"{images}{part}/{name}", content)
write("kaggle/LOC_synset_mapping.txt", "".join(f"{s[0]} {s[1]}\n" for s in LEAVES).encode())
lines = [f"{name[:-5]},{LEAVES[k][0]} 1 1 20 20 {LEAVES[k][0]} 5 5 30 30 \n" for (name, _), k in zip(val, val_labels)]
write("kaggle/LOC_val_solution.csv", ("ImageId,PredictionString\n" + "".join(reversed(lines))).encode())
lines = [f"{name[:-5]},{wnid} 1 1 20 20 \n" for wnid, files in train.items() for name, _ in files[:6]]
write("kaggle/LOC_train_solution.csv", ("ImageId,PredictionString\n" + "".join(lines)).encode())
write("kaggle/LOC_sample_submission.csv", ("ImageId,PredictionString\n" + "".join(f"{n[:-5]},n01440764 0 0 1 1\n" for n, _ in test)).encode())
