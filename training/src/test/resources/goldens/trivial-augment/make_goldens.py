"""Checksums of what Pillow makes of two small images by each operation of TrivialAugment (wide), for TrivialAugmentTest.

Needs Pillow (made with 9.4.0). Run it in this folder; it writes checksums.txt: image, operation, strength of 30, CRC-32 of
the RGB bytes.
"""
import math
import zlib

from PIL import Image, ImageEnhance, ImageOps

STEPS = 30
SIGNED = ["SHEAR_X", "SHEAR_Y", "TRANSLATE_X", "TRANSLATE_Y", "ROTATE", "BRIGHTNESS", "COLOR", "CONTRAST", "SHARPNESS"]
UNSIGNED = ["IDENTITY", "POSTERIZE", "SOLARIZE", "AUTO_CONTRAST", "EQUALIZE"]


def pictures():
    """As TrivialAugmentTest.picture has them."""
    for name, width, height, low, span in ("square", 24, 24, 0, 256), ("wide", 31, 17, 40, 97):
        data = bytearray()
        for y in range(height):
            for x in range(width):
                for c in range(3):
                    data.append(low + (x * x * 3 + y * 7 + x * y * (c + 2) + c * 31) % span)
        yield name, Image.frombytes("RGB", (width, height), bytes(data))


def affine(image, map):
    return image.transform(image.size, Image.AFFINE, map, Image.NEAREST)


def apply(operation, strength, image):
    share = strength / STEPS
    if operation == "IDENTITY":
        return image
    if operation == "SHEAR_X":
        return affine(image, (1, 0.99 * share, 0, 0, 1, 0))
    if operation == "SHEAR_Y":
        return affine(image, (1, 0, 0, 0.99 * share, 1, 0))
    if operation == "TRANSLATE_X":
        return affine(image, (1, 0, int(32 * share), 0, 1, 0))
    if operation == "TRANSLATE_Y":
        return affine(image, (1, 0, 0, 0, 1, int(32 * share)))
    if operation == "ROTATE":
        return image.rotate(135 * share)
    enhancers = {
        "BRIGHTNESS": ImageEnhance.Brightness,
        "COLOR": ImageEnhance.Color,
        "CONTRAST": ImageEnhance.Contrast,
        "SHARPNESS": ImageEnhance.Sharpness,
    }
    if operation in enhancers:
        return enhancers[operation](image).enhance(1 + 0.99 * share)
    if operation == "POSTERIZE":
        return ImageOps.posterize(image, 8 - round(strength * 6 / STEPS))
    if operation == "SOLARIZE":
        return ImageOps.solarize(image, 255 - 255 * share)
    if operation == "AUTO_CONTRAST":
        return ImageOps.autocontrast(image)
    return ImageOps.equalize(image)


with open("checksums.txt", "w") as out:
    for name, image in pictures():
        for operation in SIGNED + UNSIGNED:
            strengths = range(-STEPS if operation in SIGNED else 0, STEPS + 1)
            for strength in strengths:
                checksum = zlib.crc32(apply(operation, strength, image).tobytes())
                out.write(f"{name} {operation} {strength} {checksum:08x}\n")
