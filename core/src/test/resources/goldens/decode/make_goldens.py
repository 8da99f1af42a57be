#!/usr/bin/python3
"""Makes the goldens of ImageDecoderTest with Pillow (9.4.0 of Debian's python3-pil made those committed).

Run it here: it writes image files of several kinds, and for each FILE the pixels that it must
decode to as FILE.rgb (width and height as two bytes, then RGB, row-major).
"""

import io
import os
import random
import struct
import zlib

from PIL import Image, ImageCms, ImageOps

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


# What printers' programs write. Pillow writes no YCCK, so the inverted CMYK of one is told to be so
# by the transform of its Adobe segment; what it then reads is what such a file means.
inks = Image.merge("CMYK", (*smooth.split(), grey.point(lambda v: v // 3)))
write("cmyk.jpg", inks, quality=92)
file = io.BytesIO()
inks.save(file, "JPEG", quality=92, subsampling=0)
content = bytearray(file.getvalue())
adobe = content.index(b"Adobe")
content[adobe + 11] = 2
with open(os.path.join(HERE, "ycck.jpg"), "wb") as out:
    out.write(content)
expected = Image.open(os.path.join(HERE, "ycck.jpg")).convert("RGB")
with open(os.path.join(HERE, "ycck.jpg.rgb"), "wb") as out:
    out.write(bytes(expected.size) + expected.tobytes())

# EXIF: all eight ways to hold a camera.
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = f"exif-{orientation}.jpg"
    path = os.path.join(HERE, file)
    smooth.save(path, quality=90, exif=exif)
    expected = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    with open(path + ".rgb", "wb") as out:
        out.write(bytes(expected.size) + expected.tobytes())
exif = Image.Exif()
exif[0x0112] = 6
write("exif.webp", rgb, rgb.transpose(Image.ROTATE_270), lossless=True, exif=exif)


def chunk(kind, data):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_deep_png(file, color_type, channels, values, expected):
    """A PNG of 16 bits per sample, which Pillow cannot write."""
    rows = b""
    for y in range(HEIGHT):
        row = values[y * WIDTH * channels : (y + 1) * WIDTH * channels]
        rows += b"\0" + struct.pack(f">{len(row)}H", *row)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, color_type, 0, 0, 0)
    path = os.path.join(HERE, file)
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        out.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    expected = expected or Image.open(path).convert("RGB")
    with open(path + ".rgb", "wb") as out:
        out.write(bytes(expected.size) + expected.tobytes())


deep_rgb = [noise.randrange(65536) for _ in range(3 * WIDTH * HEIGHT)]
write_deep_png("rgb16.png", 2, 3, deep_rgb, None)
deep_rgba = [noise.randrange(65536) for _ in range(4 * WIDTH * HEIGHT)]
high = Image.frombytes("RGBA", rgb.size, bytes(v >> 8 for v in deep_rgba))
write_deep_png("rgba16.png", 6, 4, deep_rgba, over_white(high))

for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    write(f"rgb-{compression}.tiff", rgb, rgb, compression=compression)
write("jpeg.tiff", smooth, compression="jpeg", quality=95)
write("grey.tiff", grey, grey.convert("RGB"))
write("palette.tiff", palette, palette.convert("RGB"))
write("bits.tiff", bits, bits.convert("RGB"), compression="group4")
write("rgba.tiff", rgba, over_white(rgba))
exif = Image.Exif()
exif[0x0112] = 8
write("orientation.tiff", rgb, rgb.transpose(Image.ROTATE_90), exif=exif)

write("lossless.webp", rgb, rgb, lossless=True)
write("alpha.webp", rgba, over_white(rgba), lossless=True, exact=True)
write("lossy.webp", smooth.resize((76, 52), Image.BICUBIC), quality=90)

# A profile whose red and blue are exchanged: whoever applies it is found out.
profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
for entry in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
    tag = bytes(profile[entry : entry + 4])
    profile[entry : entry + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(tag, tag)
write("profile.webp", rgb, rgb, lossless=True, icc_profile=bytes(profile))
write("broken-profile.webp", rgb, rgb, lossless=True, icc_profile=b"no profile")
