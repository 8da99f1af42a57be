#!/usr/bin/python3
"""Makes the goldens of RescaleTest with Pillow (9.4.0 of Debian's python3-pil made those committed).

Run it here: it writes the pictures NAME.png and goldens.csv, one line per case:
picture, filter, width, height, SHA-256 of the resized picture's bytes (RGB, row-major).
"""

import hashlib
import os
import random

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
FILTERS = {"BILINEAR": Image.BILINEAR, "BICUBIC": Image.BICUBIC}

# name: (width, height, sizes to resize to)
PICTURES = {
    "wide": (127, 85, [(127, 85), (47, 32), (382, 256), (60, 85), (127, 33), (64, 64), (200, 40), (1, 1), (3, 90)]),
    "tall": (31, 150, [(32, 154), (32, 32), (7, 36), (90, 20), (31, 149), (30, 150), (16, 75)]),
    "small": (28, 28, [(36, 36), (32, 32), (27, 29), (14, 14), (256, 256), (5, 100)]),
    "row": (97, 1, [(40, 1), (200, 3), (1, 1), (32, 32), (97, 2)]),
    "column": (1, 61, [(1, 20), (5, 130), (1, 1), (32, 32), (2, 61)]),
    "dot": (1, 1, [(1, 1), (32, 32), (1, 7)]),
}


def picture(name, width, height):
    """Gradients, noise, hard edges and saturated spots, so that filters overshoot and clip."""
    noise = random.Random(name)
    image = Image.new("RGB", (width, height))
    pixels = image.load()
    for y in range(height):
        for x in range(width):
            red = 255 * x // max(1, width - 1)
            green = 255 * y // max(1, height - 1)
            blue = 255 if (x // 7 + y // 5) % 2 else 0
            if noise.random() < 0.1:
                red, green, blue = (noise.choice((0, 255)) for _ in range(3))
            elif x > width // 2:
                red, green, blue = (v + noise.randint(-40, 40) for v in (red, green, blue))
            pixels[x, y] = tuple(max(0, min(255, v)) for v in (red, green, blue))
    return image


with open(os.path.join(HERE, "goldens.csv"), "w", encoding="ascii") as goldens:
    for name, (width, height, sizes) in PICTURES.items():
        image = picture(name, width, height)
        image.save(os.path.join(HERE, name + ".png"), optimize=True)
        for filter_name, kernel in FILTERS.items():
            for size in sizes:
                digest = hashlib.sha256(image.resize(size, kernel).tobytes()).hexdigest()
                goldens.write(f"{name},{filter_name},{size[0]},{size[1]},{digest}\n")
