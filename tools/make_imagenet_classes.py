"""Writes formats/src/main/resources/org/vgg4j/weights/foreign/imagenet-classes.txt: the 1000 classes of ILSVRC-2012 in the order of their WNIDs.

    apt-get install python3-torchvision wordnet-base     # Debian 12: torchvision 0.14.1, WordNet 3.0
    /usr/bin/python3 tools/make_imagenet_classes.py

A WNID is "n" and the offset of a noun in WordNet 3.0's data file. torchvision knows the classes' names in the order of their
WNIDs, but not the WNIDs: they follow from the names, the order, and, where two senses of a word stand between the same
neighbours, from SENSES; where it says nothing, the first is meant.
"""

import os

from torchvision.models._meta import _IMAGENET_CATEGORIES as names

WORDNET = "/usr/share/wordnet/data.noun"
OUT = os.path.join(os.path.dirname(__file__), "..", "formats/src/main/resources/org/vgg4j/weights/foreign/imagenet-classes.txt")

# torchvision tells two pairs of namesakes apart by words that WordNet does not have
RENAMED = {134: "crane", 639: "tank suit"}

# which of the senses, counted from 0
SENSES = {
    278: 1, 281: 1, 345: 1, 408: 1, 438: 1, 443: 1, 446: 1, 456: 1, 458: 1, 471: 3, 501: 1, 502: 1, 549: 1, 553: 1, 562: 2,
    581: 1, 586: 1, 600: 1, 610: 1, 624: 2, 664: 1, 666: 1, 714: 2, 718: 1, 723: 1, 727: 2, 738: 2, 742: 1, 766: 1, 778: 1,
    782: 3, 800: 1, 801: 1, 813: 1, 815: 1, 816: 1, 844: 1, 847: 1, 914: 1, 980: 1, 982: 1, 987: 2, 990: 1,
}


def senses():
    """The offsets of each word, sorted, and the words of each offset."""
    offsets, words = {}, {}
    with open(WORDNET, encoding="latin1") as file:
        for line in file:
            if not line.startswith(" "):
                fields = line.split()
                offset = int(fields[0])
                words[offset] = [fields[4 + 2 * i].replace("_", " ") for i in range(int(fields[3], 16))]
                for word in words[offset]:
                    offsets.setdefault(word.lower(), []).append(offset)
    return {word: sorted(set(found)) for word, found in offsets.items()}, words


def longest(candidates, words):
    """One increasing choice of offsets, with as many as possible whose first word is the name."""
    best = []
    for i, found in enumerate(candidates):
        row = []
        for offset, is_first in found:
            before = [(best[i - 1][k][0], k) for k, (o, _) in enumerate(candidates[i - 1]) if o < offset] if i else [(0, None)]
            score, k = max(before, default=(float("-inf"), None))
            row.append((score + is_first, k))
        best.append(row)
    k = max(range(len(best[-1])), key=lambda n: best[-1][n][0])
    choice = []
    for i in range(len(candidates) - 1, -1, -1):
        choice.insert(0, candidates[i][k][0])
        k = best[i][k][1]
    return choice


def main():
    offsets, words = senses()
    candidates = []
    for i, name in enumerate(names):
        name = RENAMED.get(i, name).lower()
        candidates.append([(o, words[o][0].lower() == name) for o in offsets[name]])
    choice = longest(candidates, words)
    chosen = []
    for i, offset in enumerate(choice):
        low, high = (choice[i - 1] if i else 0), (choice[i + 1] if i + 1 < len(choice) else 10**8)
        possible = [o for o, _ in candidates[i] if low < o < high]
        chosen.append(possible[SENSES.get(i, 0)] if len(possible) > 1 else offset)
    assert chosen == sorted(set(chosen)) and len(chosen) == 1000
    with open(OUT, "w", encoding="utf-8") as out:
        for offset in chosen:
            out.write(f"n{offset:08d} {words[offset][0]}\n")


main()
