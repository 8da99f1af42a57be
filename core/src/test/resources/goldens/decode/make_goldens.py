#!/usr/bin/python3
"""Makes the goldens of ImageDecoderTest with Pillow (9.4.0 of Debian's python3-pil made those committed).

Run it here: it writes image files of several kinds, and for each FILE the pixels that it must
decode to as FILE.rgb (width and height as two bytes, then RGB, row-major).
"""

import os
import random

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 19, 13


def write(file, image, expected=None, **options):
    """Saves the image, and what must be read from it: without `expected` what Pillow itself reads."""
    path = os.path.join(HERE, file)
    image.save(path, **options)
    expected = expected or Image.open(path).convert("RGB")
    with open(path + ".rgb", "wb") as out:
        out.write(bytes(expected.size) + expected.tobytes())


def over_white(image):
    """Composes an RGBA image over white."""
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


noise = random.Random(1)
rgb = Image.new("RGB", (WIDTH, HEIGHT))
rgb.putdata([(noise.randrange(256), 13 * (i % WIDTH), 19 * (i // WIDTH)) for i in range(WIDTH * HEIGHT)])
smooth = Image.new("RGB", (WIDTH, HEIGHT))
smooth.putdata([(13 * (i % WIDTH), 19 * (i // WIDTH), 100) for i in range(WIDTH * HEIGHT)])
grey = rgb.convert("L")
alpha = Image.new("L", rgb.size)
alpha.putdata([noise.randrange(256) for _ in range(WIDTH * HEIGHT)])
rgba = rgb.copy()
rgba.putalpha(alpha)
grey_alpha = Image.merge("LA", (grey, alpha))
bits = Image.new("1", rgb.size)
bits.putdata([255 * noise.randrange(2) for _ in range(WIDTH * HEIGHT)])
deep = Image.new("I;16", rgb.size)
deep.putdata([noise.randrange(65536) for _ in range(WIDTH * HEIGHT)])
deep_high = Image.new("L", rgb.size)
deep_high.putdata([v >> 8 for v in deep.getdata()])
palette = rgb.quantize(17)

write("rgb.png", rgb, rgb)
write("grey.png", grey, grey.convert("RGB"))
write("rgba.png", rgba, over_white(rgba))
write("grey-alpha.png", grey_alpha, over_white(grey_alpha.convert("RGBA")))
write("bits.png", bits, bits.convert("RGB"))
write("grey16.png", deep, deep_high.convert("RGB"))
write("palette.png", palette, palette.convert("RGB"))
clear = palette.copy()
clear.info["transparency"] = 0
write("palette-alpha.png", clear, over_white(clear.convert("RGBA")), transparency=0)
write("rgb.bmp", rgb, rgb)
write("grey.bmp", grey, grey.convert("RGB"))
write("palette.gif", palette, palette.convert("RGB"))
write("444.jpg", rgb, quality=90, subsampling=0)
write("420.jpg", smooth, quality=90, subsampling=2)
write("progressive.jpg", smooth, quality=90, progressive=True)
write("grey.jpg", grey, quality=90)
