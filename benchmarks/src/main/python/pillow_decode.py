"""What benchmarks/decode measures of vgg4j, done by Pillow and NumPy on the same files; prints the same lines."""

import io
import os
import random
import sys
import time

import numpy
from PIL import Image

SCALE, CROP = 256, 224
MEAN = numpy.array([123.68, 116.78, 103.94], numpy.float32)
AXES = numpy.array([[0.577, 0.577, 0.577], [-0.707, 0, 0.707], [0.408, -0.816, 0.408]])
EIGENVALUES = numpy.array([0.2, 0.02, 0.005])


def decode(content):
    return Image.open(io.BytesIO(content)).convert("RGB")


def rescale(image):
    width, height = image.size
    shorter = min(width, height)
    return image.resize((SCALE * width // shorter, SCALE * height // shorter), Image.BILINEAR)


def sample(image):
    x = random.randint(0, image.width - CROP)
    y = random.randint(0, image.height - CROP)
    image = image.crop((x, y, x + CROP, y + CROP))
    if random.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    shift = (numpy.random.normal(0, 0.1, 3) * EIGENVALUES * 255) @ AXES
    return (numpy.asarray(image, numpy.float32) - (MEAN - shift.astype(numpy.float32))).transpose(2, 0, 1).copy()


def measure(what, work, inputs, rounds):
    times = []
    for r in range(-1, rounds):
        began = time.perf_counter()
        for value in inputs:
            work(value)
        if r >= 0:
            times.append((time.perf_counter() - began) * 1000 / len(inputs))
    times.sort()
    print(f"Pillow {Image.__version__}\t{what}\t{times[rounds // 2]:.3f}\t{times[0]:.3f}\t{times[-1]:.3f}", flush=True)


def main(folder, rounds):
    contents = [open(os.path.join(folder, f), "rb").read() for f in sorted(os.listdir(folder))]
    decoded = [decode(content) for content in contents]
    rescaled = [rescale(image) for image in decoded]
    measure("decode", decode, contents, rounds)
    measure("rescale to 256", rescale, decoded, rounds)
    measure("crop, mirror, colour", sample, rescaled, rounds)
    measure("all", lambda content: sample(rescale(decode(content))), contents, rounds)


main(sys.argv[1], int(sys.argv[2]))
