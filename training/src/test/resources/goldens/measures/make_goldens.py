"""Average precision by its definition: python3 make_goldens.py writes average_precision.json here.

Each case has scores, states (1 positive, -1 negative, 0 ignored) and all forms of average precision, computed with
fractions from the sets of images at and above each threshold of rank, without cumulative sums.
"""

import json
import os
import random
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))


def curve(scores, states):
    """(recall, precision) after each ranked image that is not ignored; equal scores in the order of the list."""
    ranking = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    total = sum(state > 0 for state in states)
    points = []
    for last in range(1, len(ranking) + 1):
        hits = sum(states[i] > 0 for i in ranking[:last])
        misses = sum(states[i] < 0 for i in ranking[:last])
        if states[ranking[last - 1]] != 0:
            points.append((Fraction(hits, total), Fraction(hits, hits + misses)))
    return points


def eleven_point(points):
    best = [max([p for r, p in points if r >= Fraction(t, 10)], default=Fraction(0)) for t in range(11)]
    return sum(best) / 11


def area(points):
    """The steps of VOCap: between two recalls, the largest precision at the right one or beyond."""
    recalls = sorted({r for r, _ in points} | {Fraction(0), Fraction(1)})
    total = Fraction(0)
    for left, right in zip(recalls, recalls[1:]):
        total += (right - left) * max([p for r, p in points if r >= right], default=Fraction(0))
    return total


def steps(scores, states):
    """scikit-learn's average_precision_score: the points lie at distinct scores, and are not interpolated."""
    positives = sum(state > 0 for state in states)
    total = before = Fraction(0)
    for least in sorted(set(scores), reverse=True):
        hits = sum(state > 0 and score >= least for score, state in zip(scores, states))
        misses = sum(state < 0 and score >= least for score, state in zip(scores, states))
        if hits + misses:
            total += (Fraction(hits, positives) - before) * Fraction(hits, hits + misses)
            before = Fraction(hits, positives)
    return total


def case(draw, count, distinct, share, ignored):
    scores = [draw.randrange(distinct) / 8 - 3 for _ in range(count)]
    states = [0 if draw.random() < ignored else 1 if draw.random() < share else -1 for _ in range(count)]
    if 1 not in states:
        states[draw.randrange(count)] = 1
    points = curve(scores, states)
    return {
        "scores": scores,
        "states": states,
        "eleven_point": float(eleven_point(points)),
        "area": float(area(points)),
        "steps": float(steps(scores, states)),
    }


draw = random.Random(2007)
cases = [
    case(draw, count, distinct, share, ignored)
    for count in (1, 2, 7, 20, 60)
    for distinct in (3, 1000)
    for share in (0.1, 0.5, 0.95)
    for ignored in (0, 0.25)
]
with open(os.path.join(HERE, "average_precision.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
