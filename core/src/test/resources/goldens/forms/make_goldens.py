#!/usr/bin/python3
"""Makes the goldens of ImageFormsTest: image files in the less usual forms that strangers have.

Run it here; it needs Debian's python3-pil (9.4.0 made those committed), python3-numpy and, for
chrominance of other sizes and animations, cjpeg (libjpeg-turbo-progs 2.1.5), webpmux (webp), tiffcp and tiff2rgba
(libtiff-tools 4.5.0).
goldens.csv says for each file what Pillow reads: width, height, and SHA-256 of the RGB bytes, turned
upright and composed over white. What Pillow does not read, or not as shares of the largest value
(16 bits of grey, PAM, some TIFFs), is computed here or shown by libtiff. Files of refused/ must be refused by a sentence.
"""

import hashlib
import io
import os
import random
import struct
import subprocess
import tempfile
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 19, 13
noise = random.Random(7)
table = []


def noisy(width=WIDTH, height=HEIGHT):
    """Slopes with some noise, so that no two channels, rows or columns are alike."""
    image = Image.new("RGB", (width, height))
    image.putdata(
        [
            ((x * 255 // width + noise.randrange(40)) % 256, y * 255 // height, (x * y * 3 + noise.randrange(60)) % 256)
            for y in range(height)
            for x in range(width)
        ]
    )
    return image


def upright_over_white(file):
    """What Pillow makes of a file."""
    with Image.open(file) as image:
        image.load()
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, (255, 255, 255, 255))
            white.alpha_composite(image)
            image = white
        return image.convert("RGB")


def put(name, content, expected=None):
    """Writes a file and its line of the table."""
    path = os.path.join(HERE, name)
    with open(path, "wb") as out:
        out.write(content)
    image = expected or upright_over_white(path)
    table.append((name, *image.size, hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()))


def refuse(name, content):
    """Writes a file that must be refused."""
    os.makedirs(os.path.join(HERE, "refused"), exist_ok=True)
    with open(os.path.join(HERE, "refused", name), "wb") as out:
        out.write(content)


# JPEG ---------------------------------------------------------------------------------------------


def cjpeg(image, *options):
    """A JPEG file of libjpeg-turbo's command."""
    data = io.BytesIO()
    image.save(data, "PPM")
    tables = [] if "-arithmetic" in options else ["-optimize"]
    return subprocess.run(["cjpeg", "-quality", "85", *tables, *options], input=data.getvalue(), capture_output=True, check=True).stdout


def segments(content):
    """The segments before the entropy-coded data, as (marker, body), and the rest."""
    at, found = 2, []
    while True:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        found.append((marker, content[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:
            return found, content[at:]


def jpeg(parts, rest):
    """The inverse of segments()."""
    return b"\xff\xd8" + b"".join(bytes([255, m]) + struct.pack(">H", len(b) + 2) + b for m, b in parts) + rest


def renamed(content, ids, head=(), tail=()):
    """Other component ids, and other segments before and behind than JFIF's."""
    parts, rest = segments(content)
    out = list(head)
    for marker, body in parts:
        body = bytearray(body)
        if marker in (0xC0, 0xC2):
            for i, name in enumerate(ids):
                body[6 + 3 * i] = name
        if marker == 0xDA:
            for i, name in enumerate(ids):
                body[1 + 2 * i] = name
            out += tail
        if marker != 0xE0:
            out.append((marker, bytes(body)))
    return jpeg(out, rest)


def adobe(transform, cut=0):
    return (0xEE, (b"Adobe\0\x64\0\0\0\0" + bytes([transform]))[: 12 - cut])


JFIF = (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
full = cjpeg(noisy(), "-sample", "1x1")
half = cjpeg(noisy())
IDS = {"123": (1, 2, 3), "012": (0, 1, 2), "rgb": b"RGB", "ycc": b"YCc", "lower": b"rgb"}
for name, ids in IDS.items():
    put(f"jpeg-ids-{name}.jpg", renamed(full, ids))
    put(f"jpeg-ids-{name}-half.jpg", renamed(half, ids))
for name, head in {
    "jfif": (JFIF,),
    "adobe0": (adobe(0),),
    "adobe1": (adobe(1),),
    "adobe2": (adobe(2),),
    "jfif-adobe0": (JFIF, adobe(0)),
    "adobe0-jfif": (adobe(0), JFIF),
    "adobe1-adobe0": (adobe(1), adobe(0)),
    "short-adobe0": (adobe(0, cut=1),),
    "short-jfif-adobe0": ((0xE0, b"JFIF\0\1\1\0\0"), adobe(0)),
}.items():
    put(f"jpeg-{name}.jpg", renamed(full, (1, 2, 3), head))
put("jpeg-rgb-ids-jfif.jpg", renamed(full, b"RGB", (JFIF,)))
put("jpeg-late-adobe0.jpg", renamed(full, (1, 2, 3), (), [adobe(0)]))

inks = Image.merge("CMYK", (*noisy().split(), noisy().convert("L")))
data = io.BytesIO()
inks.save(data, "JPEG", quality=90)
parts, rest = segments(data.getvalue())
for name, marker in {"0": [adobe(0)], "1": [adobe(1)], "2": [adobe(2)], "none": []}.items():
    put(f"jpeg-inks-adobe{name}.jpg", jpeg(marker + [p for p in parts if p[0] != 0xEE], rest))

# The chrominance's height halved, which decoders disagree on, alone and with other sizes.
for sampling, width, height in (
    ("1x2", 19, 13), ("1x2", 16, 32), ("1x2", 5, 35), ("1x2", 1, 17), ("1x2", 2, 2), ("2x2,2x1,1x1", 19, 13), ("2x2,1x2,2x1", 37, 29),
    ("1x4,1x2,1x1", 37, 29), ("4x1", 37, 13), ("4x2", 37, 29), ("1x1,2x1,1x1", 19, 13), ("2x1", 2, 2), ("2x2", 2, 3), ("3x1", 19, 13),
):  # fmt: skip
    put(f"jpeg-{sampling.replace(',', '-')}-of-{width}x{height}.jpg", cjpeg(noisy(width, height), "-sample", sampling))
put("jpeg-1x2-progressive.jpg", cjpeg(noisy(), "-sample", "1x2", "-progressive"))
put("jpeg-1x2-rgb.jpg", renamed(cjpeg(noisy(), "-sample", "1x2"), b"RGB"))
put("jpeg-restarts.jpg", cjpeg(noisy(37, 29), "-restart", "1B"))

parts, rest = segments(half)
ICC = b"ICC_PROFILE\0"
for name, extra in {
    "icc-twice": [(0xE2, ICC + b"\1\1abc")] * 2,
    "icc-missing": [(0xE2, ICC + b"\1\3abc")],
    "icc-zero": [(0xE2, ICC + b"\0\0")],
    "icc-count": [(0xE2, ICC + b"\5\2abc")],
    "icc-bad": [(0xE2, ICC + b"\1\1" + b"x" * 200)],
    "exif-bad": [(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff")],
    "jfxx-bad": [(0xE0, b"JFXX\0\x10abc")],
    "all-empty": [(marker, b"\0") for marker in range(0xE0, 0xF0)],
}.items():
    put(f"jpeg-{name}.jpg", jpeg([JFIF] + extra + parts[1:], rest))
put("jpeg-fill.jpg", b"\xff\xd8" + b"".join(b"\xff\xff" + jpeg([p], b"")[2:] for p in parts) + rest)
put("jpeg-junk.jpg", jpeg(parts[:1], b"junk\xff\0") + jpeg(parts[1:], rest)[2:])
put("jpeg-two.jpg", half + full)
standard = io.BytesIO()
noisy().save(standard, "JPEG")
parts, rest = segments(standard.getvalue())
put("jpeg-no-tables.jpg", jpeg([p for p in parts if p[0] != 0xC4], rest), upright_over_white(standard))


def frame(content, marker=None, precision=8, height=None):
    """Another kind of frame, as its header says."""
    parts, rest = segments(content)
    out = []
    for kind, body in parts:
        if kind == 0xC0:
            body = bytes([precision]) + (body[1:3] if height is None else struct.pack(">H", height)) + body[3:]
            kind = marker or kind
        out.append((kind, body))
    return jpeg(out, rest)


refuse("arithmetic.jpg", cjpeg(noisy(), "-arithmetic"))
refuse("arithmetic-progressive.jpg", cjpeg(noisy(), "-arithmetic", "-progressive"))
refuse("lossless.jpg", frame(half, 0xC3))
refuse("hierarchical.jpg", frame(half, 0xC5))
refuse("12-bits.jpg", frame(half, 0xC1, precision=12))
refuse("height-at-end.jpg", frame(half, height=0))
two = [(m, b[:5] + b"\2" + b[6:12] if m == 0xC0 else b"\2" + b[1:5] + b[7:] if m == 0xDA else b) for m, b in segments(full)[0]]
refuse("two-components.jpg", jpeg(two, segments(full)[1]))
progressive = cjpeg(noisy(), "-progressive")
refuse("scans-missing.jpg", progressive[: progressive.rindex(b"\xff\xda")] + b"\xff\xd9")
with tempfile.NamedTemporaryFile("w") as script:
    script.write("0;\n1;\n2;\n")
    script.flush()
    scans = cjpeg(noisy(), "-scans", script.name)
put("jpeg-three-scans.jpg", scans)
refuse("component-missing.jpg", scans[: scans.rindex(b"\xff\xda")] + b"\xff\xd9")

# PNG ----------------------------------------------------------------------------------------------


def chunk(kind, data, wrong=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ wrong)


def png(color, bits, rows, before=b"", behind=b"", first=b"", wrong=0):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, 0), wrong)
    return b"\x89PNG\r\n\x1a\n" + first + head + before + chunk(b"IDAT", zlib.compress(rows)) + behind + chunk(b"IEND", b"")


def tiff(orientation, order=">", kind=3):
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    return (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "IHHHI", 8, 1, 0x112, kind, 1) + value + b"\0\0\0\0"


pixels = np.asarray(noisy())
plain = Image.fromarray(pixels)
rows = b"".join(b"\0" + row.tobytes() for row in pixels)
for orientation in range(1, 9):
    put(f"png-exif-{orientation}.png", png(2, 8, rows, chunk(b"eXIf", tiff(orientation, "<>"[orientation % 2], 3 + orientation % 2))))
put("png-exif-behind.png", png(2, 8, rows, behind=chunk(b"eXIf", tiff(6))))
text = "\nexif\n%8d\n%s\n" % (len(tiff(6)) + 6, (b"Exif\0\0" + tiff(6)).hex())
put("png-exif-text.png", png(2, 8, rows, chunk(b"tEXt", b"Raw profile type exif\0" + text.encode())))
put("png-exif-ztxt.png", png(2, 8, rows, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text.encode()))))
xmp = b'<rdf:Description tiff:Orientation="6"/>'
put("png-xmp.png", png(2, 8, rows, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)))
put("png-xmp-packed.png", png(2, 8, rows, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp))))
for name, kind, body in (
    ("profile", b"iCCP", b"x\0\0not packed"), ("text", b"zTXt", b"Comment\0\0bad"), ("xmp", b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0bad"),
    ("time", b"tIME", b"\0"), ("gamma", b"gAMA", b"\0"), ("exif", b"eXIf", b"MM\0*\xff\xff\xff\xff"), ("bits", b"sBIT", b""),
    ("palette", b"sPLT", b"x"), ("unknown", b"abCd", b"x"),
):  # fmt: skip
    put(f"png-bad-{name}.png", png(2, 8, rows, chunk(kind, body), chunk(kind, body)), plain)
put("png-bad-crc.png", png(2, 8, rows, chunk(b"tEXt", b"a\0b", wrong=1)), plain)
control = lambda n: chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
second = control(1) + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(bytes(len(rows))))
put("png-animated.png", png(2, 8, rows, chunk(b"acTL", struct.pack(">II", 2, 0)) + control(0), second))
grey = pixels[:, :, 0].astype(np.uint16) * 256 + pixels[:, :, 2]
deep = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey)
put("png-grey16-gamma.png", png(0, 16, deep, chunk(b"gAMA", struct.pack(">I", 100000))), Image.fromarray((grey >> 8).astype(np.uint8)))
key = np.where(np.all(pixels == pixels[0, 0], axis=2)[:, :, None], np.uint8(255), pixels)
put("png-colour-key.png", png(2, 8, rows, chunk(b"tRNS", struct.pack(">3H", *pixels[0, 0]))), Image.fromarray(key))
refuse("apple.png", png(2, 8, rows, first=chunk(b"CgBI", b"\x50\0\x20\2")))
refuse("header-checksum.png", png(2, 8, rows, wrong=1))

# GIF ----------------------------------------------------------------------------------------------


def gif(screen, frames, palette, background=0):
    size = len(palette) // 3
    flags = 0x80 | size.bit_length() - 2 if size else 0
    return b"GIF89a" + struct.pack("<HHBBB", *screen, flags, background, 0) + palette + b"".join(frames) + b";"


def gif_frame(x, y, width, height, palette=b"", interlaced=0):
    """Pixels of 16 colours, packed with a fresh table of codes every few pixels."""
    size, codes = len(palette) // 3, [16]
    for i in range(width * height):
        codes += [noise.randrange(16)] + ([16] if i % 12 == 11 else [])
    value = sum(code << 5 * i for i, code in enumerate(codes + [17]))
    packed = value.to_bytes((5 * len(codes) + 12) // 8, "little")
    blocks = b"".join(bytes([len(packed[i : i + 255])]) + packed[i : i + 255] for i in range(0, len(packed), 255))
    flags = (0x80 | size.bit_length() - 2 if size else 0) | interlaced << 6
    return b"," + struct.pack("<HHHHB", x, y, width, height, flags) + palette + b"\4" + blocks + b"\0"


def transparent(number):
    return b"!\xf9\4" + bytes([1, 0, 0, number]) + b"\0"


colours, local = noise.randbytes(48), noise.randbytes(48)
part = lambda palette=b"": gif_frame(3, 2, 11, 9, palette)
put("gif-offset.gif", gif((20, 15), [part()], colours))
put("gif-offset-background.gif", gif((20, 15), [part()], colours, 3))
put("gif-offset-transparent.gif", gif((20, 15), [transparent(5), part()], colours, 3))
put("gif-offset-unused-transparent.gif", gif((20, 15), [transparent(255), part()], colours, 3))
put("gif-offset-local.gif", gif((20, 15), [part(local)], colours))
put("gif-offset-local-only.gif", gif((20, 15), [transparent(2), part(local)], b""))
put("gif-offset-no-colours.gif", gif((20, 15), [part()], b""))
put("gif-beyond-screen.gif", gif((5, 5), [part()], colours))
put("gif-offset-interlaced.gif", gif((20, 15), [gif_frame(3, 2, 11, 9, interlaced=1)], colours))
put("gif-animated.gif", gif((20, 15), [b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0", transparent(1), part(), gif_frame(0, 0, 20, 15)], colours))
put("gif-few-colours.gif", gif((11, 9), [gif_frame(0, 0, 11, 9)], colours[:24]))

# WebP ---------------------------------------------------------------------------------------------

clear = noisy(10, 8)
clear.putalpha(Image.frombytes("L", clear.size, noise.randbytes(80)))
with tempfile.TemporaryDirectory() as folder:
    for name, image in {"opaque": noisy(10, 8), "clear": clear}.items():
        image.save(f"{folder}/{name}.webp", lossless=True, exact=True)
    Image.new("RGB", (20, 15), (1, 2, 3)).save(f"{folder}/whole.webp", lossless=True)
    for first in ("opaque", "clear"):
        for color in ("255,200,100,50", "0,200,100,50"):
            frames = ["-frame", f"{folder}/{first}.webp", "+100+6+4+0", "-frame", f"{folder}/whole.webp", "+100"]
            subprocess.run(["webpmux", *frames, "-bgcolor", color, "-o", f"{folder}/out.webp"], check=True, capture_output=True)
            with open(f"{folder}/out.webp", "rb") as file:
                put(f"webp-animated-{first}-{color[0]}.webp", file.read())

# BMP ----------------------------------------------------------------------------------------------


def bmp(bits, data, compression=0, header=40, masks=(), palette=b"", size=None, offset=None, bytes_said=None, height=HEIGHT):
    said = len(data) if bytes_said is None else bytes_said
    head = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, said, 2835, 2835, 0, 0)
    table = struct.pack(f"<{len(masks)}I", *masks)
    head = (head + table).ljust(14 + header - 14, b"\0") if header > 40 else head + table
    start = 14 + len(head) + len(palette)
    size, offset = start + len(data) if size is None else size, start if offset is None else offset
    return b"BM" + struct.pack("<IHHI", size, 0, 0, offset) + head + palette + data


def bmp_rows(bits):
    return noise.randbytes((WIDTH * bits + 31) // 32 * 4 * HEIGHT)


rgb = bmp_rows(24)
put("bmp-size0.bmp", bmp(24, rgb, size=0))
put("bmp-size-large.bmp", bmp(24, rgb, size=99999))
put("bmp-size-small.bmp", bmp(24, rgb, size=54))
put("bmp-offset0.bmp", bmp(24, rgb, offset=0))
put("bmp-bytes0.bmp", bmp(24, rgb, bytes_said=0))
put("bmp-os2-long.bmp", bmp(24, rgb, header=64))
put("bmp-top-down.bmp", bmp(24, rgb, height=-HEIGHT))
extremes = b"".join(struct.pack("<H", noise.choice([0, 0x1F, 0x7E0, 0xF800, 0xFFE0, 0xF81F, 0xFFFF])) for _ in range(20 * HEIGHT))
put("bmp-565.bmp", bmp(16, extremes, 3, masks=(0xF800, 0x7E0, 0x1F)))
put("bmp-565-size0.bmp", bmp(16, extremes, 3, masks=(0xF800, 0x7E0, 0x1F), size=0, offset=0))
put("bmp-32.bmp", bmp(32, bmp_rows(32)))
put("bmp-alpha.bmp", bmp(32, bmp_rows(32), 3, header=108, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))
palette = b"".join(noise.randbytes(3) + b"\0" for _ in range(256))
put("bmp-palette-size0.bmp", bmp(8, bmp_rows(8), palette=palette, size=0, offset=0))
runs = b"".join(bytes([10, noise.randrange(256), 0, 5]) + noise.randbytes(5) + bytes([0, 4, noise.randrange(256), 0, 0]) for _ in range(HEIGHT))
put("bmp-runs-size0.bmp", bmp(8, runs + b"\0\1", 1, palette=palette, size=0, bytes_said=0))

# PBM, PGM, PPM, PAM -------------------------------------------------------------------------------


def digits(values):
    return " ".join(str(v) for v in values).encode()


put("p6.ppm", b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels.tobytes())
put("p6-comments.ppm", b"P6 # of\n#a\n%d\t#b\n%d # c\n255\n" % (WIDTH, HEIGHT) + pixels.tobytes())
put("p6-largest-100.ppm", b"P6\n%d %d\n100\n" % (WIDTH, HEIGHT) + (pixels // 3).tobytes())
put("p6-16-bits.ppm", b"P6\n%d %d\n40000\n" % (WIDTH, HEIGHT) + (pixels.astype(">u2") * 150).tobytes())
put("p5.pgm", b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels[:, :, 0].tobytes())
share = Image.fromarray(np.rint(grey / 65535 * 255).astype(np.uint8))
put("p5-16-bits.pgm", b"P5\n%d %d\n65535\n" % (WIDTH, HEIGHT) + grey.astype(">u2").tobytes(), share)
put("p4.pbm", b"P4\n%d %d\n" % (WIDTH, HEIGHT) + noise.randbytes(3 * HEIGHT))
put("p3.ppm", b"P3\n%d %d\n#x\n255\n" % (WIDTH, HEIGHT) + digits(pixels.ravel()))
put("p2-largest-15.pgm", b"P2\n%d %d 15\n" % (WIDTH, HEIGHT) + digits(pixels[:, :, 0].ravel() // 16))
put("p1.pbm", b"P1\n%d %d\n" % (WIDTH, HEIGHT) + "".join(noise.choice("01") for _ in range(WIDTH * HEIGHT)).encode())
alpha = np.frombuffer(noise.randbytes(WIDTH * HEIGHT), np.uint8).reshape(HEIGHT, WIDTH, 1)
four = Image.fromarray(np.concatenate([pixels, alpha], axis=2), "RGBA")
white = Image.new("RGBA", four.size, (255, 255, 255, 255))
white.alpha_composite(four)
pam = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n"
put("p7-rgb.pam", pam % (WIDTH, HEIGHT, 3, b"RGB") + pixels.tobytes(), plain)
put("p7-alpha.pam", pam % (WIDTH, HEIGHT, 4, b"RGB_ALPHA") + four.tobytes(), white)
refuse("cut.ppm", b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels.tobytes()[:-1])
refuse("cut-digits.pgm", b"P2\n%d %d 15\n" % (WIDTH, HEIGHT) + digits(pixels[:, :, 0].ravel() // 16)[:-8])
refuse("huge.ppm", b"P6\n99999 99999\n255\n")
refuse("largest-0.pgm", b"P5\n2 2\n0\nabcd")
refuse("cmyk.pam", pam % (2, 2, 4, b"CMYK") + b"x" * 16)

# TIFF ---------------------------------------------------------------------------------------------

TYPES = {"H": 3, "I": 4, "Q": 16, "II": 5}


def tif(tags, strips, order="<", big=False):
    """A file of one directory; tags are {number: (type, values)}, strips are bytes."""
    tags, strips = dict(tags), strips if isinstance(strips, list) else [strips]
    count = len(tags) + 2
    head = (b"II" if order == "<" else b"MM") + (struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HI", 42, 8))
    place, offset, size = ("Q", "Q", 20) if big else ("I", "H", 12)
    start = len(head) + struct.calcsize("<" + offset) + count * size + struct.calcsize("<" + place)
    blob, offsets = b"", []
    for strip in strips:
        offsets.append(start + len(blob))
        blob += strip + b"\0" * (len(strip) % 2)
    tiled = 322 in tags
    tags[324 if tiled else 273], tags[325 if tiled else 279] = (place, offsets), (place, [len(strip) for strip in strips])
    entries = b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        values = list(values) if isinstance(values, (list, tuple, np.ndarray)) else [values]
        raw = struct.pack(f"{order}{len(values)}{kind[0]}", *values)
        if len(raw) > struct.calcsize("<" + place):
            raw, blob = struct.pack(order + place, start + len(blob)), blob + raw + b"\0" * (len(raw) % 2)
        entries += struct.pack(order + "HH" + place, tag, TYPES[kind], len(values) // len(kind)) + raw.ljust(struct.calcsize("<" + place), b"\0")
    return head + struct.pack(order + offset, count) + entries + bytes(struct.calcsize("<" + place)) + blob


def tags(photometric, bits, samples=1, more=None):
    base = {256: ("I", WIDTH), 257: ("I", HEIGHT), 258: ("H", [bits] * samples), 259: ("H", 1), 262: ("H", photometric), 277: ("H", samples), 278: ("I", HEIGHT)}
    return {**base, **(more or {})}


def tiffcp(content, *options):
    """What libtiff's command makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/a.tif", "wb") as out:
            out.write(content)
        subprocess.run(["tiffcp", *options, f"{folder}/a.tif", f"{folder}/b.tif"], check=True, capture_output=True)
        with open(f"{folder}/b.tif", "rb") as file:
            return file.read()


def tiff2rgba(content):
    """How libtiff's command shows a file."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/a.tif", "wb") as out:
            out.write(content)
        subprocess.run(["tiff2rgba", "-c", "none", f"{folder}/a.tif", f"{folder}/b.tif"], check=True, capture_output=True)
        return Image.open(f"{folder}/b.tif").convert("RGB")


def bytes_of(*shape):
    return np.frombuffer(noise.randbytes(int(np.prod(shape))), np.uint8).reshape(shape)


def words_of(*shape):
    return np.frombuffer(noise.randbytes(2 * int(np.prod(shape))), np.uint16).reshape(shape)


def show(values):
    return Image.fromarray(np.ascontiguousarray(values).astype(np.uint8))


one, four, five = bytes_of(HEIGHT, WIDTH), bytes_of(HEIGHT, WIDTH, 4), bytes_of(HEIGHT, WIDTH, 5)
deep_one, deep_four = words_of(HEIGHT, WIDTH), words_of(HEIGHT, WIDTH, 4)
rgb3 = np.ascontiguousarray(four[:, :, :3])
for extra in (None, 0, 1, 2, 999):
    more = {} if extra is None else {338: ("H", extra)}
    put(f"tiff-rgb-extra-{extra}.tif", tif(tags(2, 8, 4, more), four.tobytes()))
for extra in (0, 1, 2):
    put(f"tiff-rgb16-extra-{extra}.tif", tif(tags(2, 16, 4, {338: ("H", extra)}), deep_four.astype(">u2").tobytes(), ">"))
put("tiff-rgb-extra-0-0.tif", tif(tags(2, 8, 5, {338: ("H", [0, 0])}), five.tobytes()))
put("tiff-rgb-extra-2-0.tif", tif(tags(2, 8, 5, {338: ("H", [2, 0])}), five.tobytes()))
put("tiff-grey-alpha.tif", tif(tags(1, 8, 2, {338: ("H", 2)}), four[:, :, :2].tobytes()))
put("tiff-inks.tif", tif(tags(5, 8, 4), four.tobytes()))
put("tiff-inks-extra.tif", tif(tags(5, 8, 5, {338: ("H", 0)}), five.tobytes()))
put("tiff-inks16.tif", tif(tags(5, 16, 4), deep_four.tobytes()))
put("tiff-white-0.tif", tif(tags(0, 8), one.tobytes()))
put("tiff-white-0-of-4-bits.tif", tif(tags(0, 4), bytes_of(HEIGHT, 10).tobytes()))
put("tiff-2-bits-reversed.tif", tif(tags(1, 2, 1, {266: ("H", 2)}), bytes_of(HEIGHT, 5).tobytes()))
twelve = bytes_of(HEIGHT, 29)
digits12 = np.unpackbits(twelve, axis=1)[:, : 12 * WIDTH].reshape(HEIGHT, WIDTH, 12)[:, :, :8]
put("tiff-12-bits.tif", tif(tags(1, 12), twelve.tobytes()), show(np.packbits(digits12, axis=2)[:, :, 0]))
for order in "<>":
    end = "le" if order == "<" else "be"
    put(f"tiff-grey16-{end}.tif", tif(tags(1, 16), deep_one.astype(order + "u2").tobytes(), order), show(deep_one >> 8))
    put(f"tiff-white-0-of-16-{end}.tif", tif(tags(0, 16), deep_one.astype(order + "u2").tobytes(), order), show(255 - (deep_one >> 8)))
    put(f"tiff-float-{end}.tif", tif(tags(1, 32, 1, {339: ("H", 3)}), (one * 0.99).astype(order + "f4").tobytes(), order))
    put(f"tiff-signed32-{end}.tif", tif(tags(1, 32, 1, {339: ("H", 2)}), one.astype(order + "i4").tobytes(), order))
    put(f"tiff-signed16-{end}.tif", tif(tags(1, 16, 1, {339: ("H", 2)}), one.astype(order + "i2").tobytes(), order))
    put(f"tiff-unsigned32-{end}.tif", tif(tags(1, 32), one.astype(order + "u4").tobytes(), order), show(one))
    put(f"tiff-double-{end}.tif", tif(tags(1, 64, 1, {339: ("H", 3)}), one.astype(order + "f8").tobytes(), order), show(one))
    put(f"tiff-big-{end}.tif", tif(tags(2, 8, 3), rgb3.tobytes(), order, True), show(rgb3))
    strips = [rgb3[y : y + 4].tobytes() for y in range(0, HEIGHT, 4)]
    put(f"tiff-big-strips-{end}.tif", tif(tags(2, 8, 3, {278: ("I", 4)}), strips, order, True), show(rgb3))
put("tiff-rgb-float.tif", tif(tags(2, 32, 3, {339: ("H", [3, 3, 3])}), rgb3.astype("<f4").tobytes()), show(rgb3))
put("tiff-big-turned.tif", tif(tags(2, 8, 3, {274: ("H", 6)}), rgb3.tobytes(), "<", True), show(rgb3[::-1].transpose(1, 0, 2)))
put("tiff-planes16.tif", tif(tags(2, 16, 3, {284: ("H", 2)}), [deep_four[:, :, i].tobytes() for i in range(3)]), show(deep_four[:, :, :3] >> 8))
put("tiff-planes-alpha.tif", tif(tags(2, 8, 4, {284: ("H", 2), 338: ("H", 2)}), [four[:, :, i].tobytes() for i in range(4)]))
map16 = [noise.randrange(65536) for _ in range(48)]
put("tiff-palette16.tif", tif(tags(3, 4, 1, {320: ("H", map16)}), bytes_of(HEIGHT, 10).tobytes()))
small = tif(tags(3, 4, 1, {320: ("H", [v >> 8 for v in map16])}), bytes_of(HEIGHT, 10).tobytes())
put("tiff-palette8.tif", small, tiff2rgba(small))
palette_alpha = tags(3, 8, 2, {320: ("H", [noise.randrange(65536) for _ in range(768)]), 338: ("H", 2)})
put("tiff-palette-alpha.tif", tif(palette_alpha, four[:, :, :2].tobytes()))
plain_rgb = tif(tags(2, 8, 3), rgb3.tobytes())
for name, source, options in (
    ("lzw", plain_rgb, ["-c", "lzw"]), ("lzw-differences", plain_rgb, ["-c", "lzw:2"]), ("deflate-differences", plain_rgb, ["-c", "zip:2"]),
    ("lzw-tiles", plain_rgb, ["-c", "lzw:2", "-t", "-w", "16", "-l", "16"]), ("planes-tiles", plain_rgb, ["-p", "separate", "-c", "zip", "-t", "-w", "16", "-l", "16"]),
    ("jpeg", plain_rgb, ["-c", "jpeg"]), ("jpeg-rgb", plain_rgb, ["-c", "jpeg:r"]), ("jpeg-tiles", plain_rgb, ["-c", "jpeg", "-t", "-w", "16", "-l", "16"]),
    ("jpeg-inks", tif(tags(5, 8, 4), four.tobytes()), ["-c", "jpeg"]), ("jpeg-white-0", tif(tags(0, 8), one.tobytes()), ["-c", "jpeg"]),
    ("fax3", tif(tags(0, 1), bytes_of(HEIGHT, 3).tobytes()), ["-c", "g3:2d"]), ("fax4-black-0", tif(tags(1, 1), bytes_of(HEIGHT, 3).tobytes()), ["-c", "g4"]),
    ("float-differences", tif(tags(1, 32, 1, {339: ("H", 3)}), (one * 0.99).astype("<f4").tobytes()), ["-c", "zip:3"]),
    ("rgb16-differences", tif(tags(2, 16, 4, {338: ("H", 2)}), deep_four.astype(">u2").tobytes(), ">"), ["-c", "lzw:2"]),
):  # fmt: skip
    put(f"tiff-{name}.tif", tiffcp(source, *options))
for name, more, data in (
    ("", {530: ("H", [1, 1])}, rgb3.tobytes()),
    ("-range", {530: ("H", [1, 1]), 532: ("II", [16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1])}, rgb3.tobytes()),
    ("-2x1", {530: ("H", [2, 1])}, noise.randbytes(10 * HEIGHT * 4)),
    ("-2x2", {}, noise.randbytes(10 * 7 * 6)),
):
    content = tif(tags(6, 8, 3, more), data)
    put(f"tiff-ycbcr{name}.tif", content, tiff2rgba(content))
refuse("float-to-1.tif", tif(tags(1, 32, 1, {339: ("H", 3)}), (one / 256).astype("<f4").tobytes()))
refuse("float-negative.tif", tif(tags(1, 32, 1, {339: ("H", 3)}), (one - 20.0).astype("<f4").tobytes()))
refuse("float-white-0.tif", tif(tags(0, 32, 1, {339: ("H", 3)}), one.astype("<f4").tobytes()))
refuse("unsigned32.tif", tif(tags(1, 32), (one.astype("<u4") << 24).tobytes()))
refuse("low-byte.tif", tif(tags(1, 16), one.astype("<u2").tobytes()))
refuse("half.tif", tif(tags(1, 16, 1, {339: ("H", 3)}), one.astype("<f2").tobytes()))
refuse("seven-channels.tif", tif(tags(1, 8, 7, {338: ("H", [0] * 6)}), bytes_of(HEIGHT, WIDTH, 7).tobytes()))
refuse("no-photometric.tif", tif({k: v for k, v in tags(1, 8).items() if k != 262}, one.tobytes()))
refuse("other-inks.tif", tif(tags(5, 8, 4, {332: ("H", 2)}), four.tobytes()))
refuse("raw-dng.tif", tif(tags(2, 8, 3, {50706: ("I", 0x401)}), rgb3.tobytes()))
refuse("raw-thumbnail.tif", tif(tags(2, 8, 3, {254: ("I", 1), 330: ("I", 8)}), rgb3.tobytes()))
refuse("zstandard.tif", tiffcp(plain_rgb, "-c", "zstd"))
refuse("cut.tif", tif(tags(1, 8), one.tobytes())[:-9])
# Colours that sRGB has, so that nothing depends on how others are brought into it.
lab = np.dstack([128 + one // 4, four[:, :, 0] // 8, four[:, :, 1] // 8]).astype(np.uint8)
with open(os.path.join(HERE, "lab.tif"), "wb") as out:
    out.write(tif(tags(8, 8, 3), lab.tobytes()))
with open(os.path.join(HERE, "lab.tif.rgb"), "wb") as out:
    out.write(upright_over_white(os.path.join(HERE, "lab.tif")).tobytes())

with open(os.path.join(HERE, "goldens.csv"), "w") as out:
    for line in table:
        out.write("%s,%d,%d,%s\n" % line)
