"""Guesses of boxes and what ILSVRC's rules make of them, in integers and inclusive pixels.

Needs Python only. Run it in its folder: it writes cases.txt, a case on each line:
  label blacklisted | label xmin ymin xmax ymax; ... (objects) | the same (guesses) | cls5 cls1 loc5 loc1
where the last four are 1 for a wrong image; the last line has the sums, and the numbers of images that they are of.
Boxes with xmax = xmin - 1 have no area.
"""
import random

random.seed(11)
CASES = 1000


def overlap_below_half(a, b):
    """Inclusive pixels, so a box is xmax - xmin + 1 wide; whole numbers, so nothing is rounded."""
    iw = min(a[3], b[3]) - max(a[1], b[1]) + 1
    ih = min(a[4], b[4]) - max(a[2], b[2]) + 1
    if iw <= 0 or ih <= 0:
        return True
    union = (a[3] - a[1] + 1) * (a[4] - a[2] + 1) + (b[3] - b[1] + 1) * (b[4] - b[2] + 1) - iw * ih
    return 2 * iw * ih < union


def errors(label, objects, guesses):
    """Classification and localisation error of the guesses."""
    cls = loc = 1
    for guess in guesses:
        wrong_label = int(guess[0] != label)
        wrong_box = 1
        for o in objects:
            if o[0] == guess[0] and not overlap_below_half(guess, o):
                wrong_box = 0
        cls = min(cls, wrong_label)
        loc = min(loc, max(wrong_label, wrong_box))
    return cls, loc


def box(label, lo=0, hi=30):
    x, y = random.randint(lo, hi), random.randint(lo, hi)
    return [label, x, y, x + random.randint(0, 20), y + random.randint(0, 20)]


def near(label, o):
    """A guess that has something to do with an object."""
    kind = random.randrange(6)
    _, x0, y0, x1, y1 = o
    if kind == 0:  # exactly half of it, where it can be halved
        return [label, x0, y0, x0 + (x1 - x0 + 1) // 2 - 1, y1]
    if kind == 1:  # twice as high: exactly half again
        return [label, x0, y0, x1, y1 + (y1 - y0 + 1)]
    if kind == 2:  # one pixel more than twice as high
        return [label, x0, y0, x1, y1 + (y1 - y0 + 2)]
    if kind == 3:  # the neighbour, which touches it
        return [label, x1 + 1, y0, x1 + 5, y1]
    if kind == 4:
        return [label, x0, y0, x1, y1]
    return [label, x0 - random.randint(0, 4), y0 - random.randint(0, 4), x1 + random.randint(0, 4), y1 + random.randint(0, 4)]


def guess(label, objects):
    kind = random.randrange(12)
    own = random.choice([label, label, random.randint(0, 5)])
    if kind == 0:  # no area
        x, y = random.randint(0, 20), random.randint(0, 20)
        return [own, x, y, x - 1, y + random.randint(-1, 9)]
    if kind == 1:  # beyond the image
        return box(own, -40, -5)
    if kind == 2 or not objects:
        return box(own)
    return near(own, random.choice(objects))


def text(boxes):
    return ";".join(" ".join(map(str, b)) for b in boxes)


sums = [0] * 6
with open("cases.txt", "w") as out:
    for _ in range(CASES):
        label = random.randint(0, 4)
        objects = [box(random.choice([label, label, random.randint(0, 5)])) for _ in range(random.choice([0, 1, 1, 1, 2, 3]))]
        guesses = [guess(label, objects) for _ in range(random.choice([0, 1, 2, 3, 4, 5, 5, 5]))]
        blacklisted = int(random.random() < .05)
        (cls5, loc5), (cls1, loc1) = errors(label, objects, guesses), errors(label, objects, guesses[:1])
        out.write(f"{label} {blacklisted}|{text(objects)}|{text(guesses)}|{cls5} {cls1} {loc5} {loc1}\n")
        counted = 1 - blacklisted
        for i, v in enumerate([cls5, cls1, loc5 * counted, loc1 * counted, 1, counted]):
            sums[i] += v
    out.write(" ".join(map(str, sums)) + "\n")
