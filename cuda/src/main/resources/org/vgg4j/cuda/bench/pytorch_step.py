# Network D in PyTorch, eager or compiled: a training step and inference at the sizes of NetworkRun.java, medians in ms,
# as JSON. Compiled only in bf16, since compiling takes long.
import json
import statistics
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit(1)
if not torch.cuda.is_available():
    sys.exit(1)

torch.backends.cudnn.benchmark = True


def network():
    layers, channels = [], 3
    for block in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(block[1]):
            layers += [nn.Conv2d(channels, block[0], 3, padding=1), nn.ReLU(inplace=True)]
            channels = block[0]
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 4096),
               nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers).cuda().to(memory_format=torch.channels_last)


def median(work, rounds=15):
    times = []
    for i in range(rounds + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if i >= 3:
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


compiled = sys.argv[1:] == ["compiled"]
precisions = ("bf16",) if compiled else ("bf16", "fp32")


def prepared(model):
    return torch.compile(model) if compiled else model


result = {"version": torch.__version__}
model = network()
training = prepared(model)
images = torch.randn(128, 3, 224, 224).pin_memory()
labels = torch.arange(128).cuda() % 1000
descent = torch.optim.SGD(model.parameters(), 1e-6, momentum=0.9, weight_decay=5e-4, fused=True)


def step(bf16):
    x = images.cuda(non_blocking=True).to(memory_format=torch.channels_last)
    with torch.autocast("cuda", torch.bfloat16, enabled=bf16):
        loss = nn.functional.cross_entropy(training(x), labels)
    descent.zero_grad(set_to_none=True)
    loss.backward()
    descent.step()
    return loss.item()


for name in precisions:
    bf16 = name == "bf16"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    result[name + " training step 128"] = median(lambda: step(bf16))
    torch.cuda.reset_peak_memory_stats()  # after cuDNN's search
    step(bf16)
    result[name + " training bytes"] = torch.cuda.max_memory_allocated()
model.eval()
for name in precisions:
    type_ = torch.bfloat16 if name == "bf16" else torch.float32
    model = model.to(type_)
    inference = prepared(model)
    for count in (128, 1):
        batch = images[:count].contiguous().pin_memory()

        def infer():
            with torch.inference_mode():
                x = batch.cuda(non_blocking=True).to(type_).to(memory_format=torch.channels_last)
                return inference(x).float().cpu()

        result[f"{name} inference {count}"] = median(infer)
print(json.dumps(result))
