"""PyTorch on the CPU. First argument: threads. Answers tasks as bench/contestant.ts says."""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))


def shallow_cnn():
    def conv(i, o):
        return [nn.Conv2d(i, o, 3), nn.ReLU(), nn.BatchNorm2d(o)]

    return nn.Sequential(
        *conv(1, 32), *conv(32, 32), nn.MaxPool2d(2), nn.Dropout(0.25),
        *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), nn.Dropout(0.25),
        *conv(64, 128), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(1152, 1024), nn.ReLU())


def vgg16():
    layers, i = [], 3
    for item in [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]:
        if item == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(i, item, 3, padding=1), nn.ReLU()]
            i = item
    return nn.Sequential(*layers, nn.Flatten())


NETWORKS = {"ShallowCNN": (1, shallow_cnn, 1024), "VGG16": (3, vgg16, 512)}


def prepare(task):
    batch = task["batch"]
    if task["what"] == "sgemm":
        a, b = torch.randn(batch, batch), torch.randn(batch, batch)
        return lambda: (torch.mm(a, b), 2 * batch ** 3)[1]
    channels, build, features = NETWORKS[task["network"]]
    x = torch.rand(batch, channels, 48, 48)
    if task["what"] == "infer":
        network = build().eval()

        def once():
            with torch.no_grad():
                network(x)
            return batch
    else:
        network = nn.Sequential(build(), nn.Linear(features, 7)).train()
        optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-6)
        y = torch.arange(batch) % 7

        def once():
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x), y).backward()
            optimizer.step()
            return batch
    return once


print("ready", flush=True)
prepared = {}
for line in sys.stdin:
    task = json.loads(line)
    key = (task["what"], task["network"], task["batch"])
    if key not in prepared:
        prepared[key] = prepare(task)
        prepared[key]()
        prepared[key]()
    once, units, start = prepared[key], 0, time.perf_counter()
    while True:
        units += once()
        if time.perf_counter() - start >= task["seconds"]:
            break
    print(json.dumps({"units": units, "seconds": time.perf_counter() - start}), flush=True)
