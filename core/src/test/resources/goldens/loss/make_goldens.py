"""Losses and gradients of torch.nn.CrossEntropyLoss, in doubles, for CrossEntropyTest, and of BCEWithLogitsLoss, for
LabelComparisonTest.

Needs PyTorch: python3 make_goldens.py, in this folder.
"""

import json
import random

import torch

CLASSES = 7
IMAGES = 5

random.seed(28)
scores = [[round(random.gauss(0, 3), 3) for _ in range(CLASSES)] for _ in range(IMAGES)]
first = [random.randrange(CLASSES) for _ in range(IMAGES)]
second = [random.randrange(CLASSES) for _ in range(IMAGES)]
second[0] = first[0]  # an image mixed with one of its own class
shares = [0.75, 0.3, 1.0, 0.5, 0.0]
weights = [round(random.uniform(0.1, 4), 3) for _ in range(CLASSES)]

cases = []
for weighted in (False, True):
    for smoothing in (0.0, 0.1):
        for mixed in (False, True):
            x = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
            target = torch.tensor(first)
            if mixed:
                one_hot = lambda labels: torch.nn.functional.one_hot(torch.tensor(labels), CLASSES).double()
                share = torch.tensor(shares, dtype=torch.float64)[:, None]
                target = share * one_hot(first) + (1 - share) * one_hot(second)
            loss = torch.nn.CrossEntropyLoss(
                weight=torch.tensor(weights, dtype=torch.float64) if weighted else None,
                label_smoothing=smoothing,
                reduction="sum",
            )(x, target)
            loss.backward()
            cases.append(
                {
                    "weighted": weighted,
                    "smoothing": smoothing,
                    "mixed": mixed,
                    "loss": loss.item(),
                    "gradient": x.grad.flatten().tolist(),
                }
            )

golden = {
    "classes": CLASSES,
    "scores": [value for row in scores for value in row],
    "first": first,
    "second": second,
    "shares": shares,
    "weights": weights,
    "cases": cases,
}
with open("losses.json", "w") as out:
    json.dump(golden, out, indent=1)
    out.write("\n")

# Several labels an image; where all are known the mean over images of the images' means is PyTorch's mean.
shown = [[round(random.choice([0, 0, 1, random.random()]), 3) for _ in range(CLASSES)] for _ in range(IMAGES)]
unknown = [[random.random() < 0.3 for _ in range(CLASSES)] for _ in range(IMAGES)]
unknown[1] = [True] * CLASSES

label_cases = []
for weighted in (False, True):
    for smoothing in (0.0, 0.1):
        for some_unknown in (False, True):
            x = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
            target = (1 - smoothing) * torch.tensor(shown, dtype=torch.float64) + smoothing / 2
            positive = torch.tensor(weights, dtype=torch.float64) if weighted else None
            if some_unknown:
                known = (~torch.tensor(unknown)).double()
                each = torch.nn.BCEWithLogitsLoss(pos_weight=positive, reduction="none")(x, target) * known
                loss = (each.sum(1) / known.sum(1).clamp(min=1)).mean()
            else:
                loss = torch.nn.BCEWithLogitsLoss(pos_weight=positive)(x, target)
            loss.backward()
            label_cases.append(
                {
                    "weighted": weighted,
                    "smoothing": smoothing,
                    "unknown": some_unknown,
                    "loss": loss.item(),
                    "gradient": x.grad.flatten().tolist(),
                }
            )

with open("labels.json", "w") as out:
    json.dump(
        {
            "classes": CLASSES,
            "scores": golden["scores"],
            "shown": [value for row in shown for value in row],
            "unknown": [value for row in unknown for value in row],
            "weights": weights,
            "cases": label_cases,
        },
        out,
        indent=1,
    )
    out.write("\n")
