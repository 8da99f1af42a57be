"""A safetensors file written from the format's description alone: python3 make_goldens.py writes small.safetensors here.

The header names the tensors in another order than their numbers have in the file.
"""

import json
import os
import struct

TENSORS = [  # in the order of the numbers
    ("features.0.weight", [2, 3], [1.0, -2.5, 3.25, 1e-45, -0.0, 3.4028234663852886e38]),
    ("na\u00efve \u540d\u524d", [2], [float("inf"), 0.1]),
    ("empty", [0, 4], []),
    ("scalar", [], [42.0]),
]
header, data = {"__metadata__": {"format": "pt", "\u00dcber": "\u732b \U0001f408"}}, b""
for name, shape, values in TENSORS:
    numbers = struct.pack("<%df" % len(values), *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
    data += numbers
text = json.dumps({key: header[key] for key in sorted(header)}, ensure_ascii=False).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "small.safetensors"), "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
