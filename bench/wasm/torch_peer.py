"""PyTorch on the CPU. First argument: number of threads. Processes tasks as described in bench/contestant.ts."""
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


def mobile_net():
    def normalised(conv, channels):
        return [conv, nn.BatchNorm2d(channels), nn.ReLU()]

    layers, i = normalised(nn.Conv2d(3, 32, 3, padding=1, bias=False), 32), 32
    for o, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
        layers += normalised(nn.Conv2d(i, i, 3, stride, padding=1, groups=i, bias=False), i)
        layers += normalised(nn.Conv2d(i, o, 1, bias=False), o)
        i = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def norm_relu(channels):
    return [nn.BatchNorm2d(channels), nn.ReLU()]


def compact_vgg():
    layers, i = [], 1
    for channels, dropout in ((24, 0), (48, 0.1), (96, 0.1), (192, 0.2)):
        for _ in range(2):
            layers += [nn.Conv2d(i, channels, 3, padding=1, bias=False), *norm_relu(channels)]
            i = channels
        layers += [nn.MaxPool2d(2), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1728, 512), nn.ReLU(), nn.Dropout(0.4))


class Sum(nn.Module):
    """The sum of the outputs of body and shortcut."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = nn.Sequential(*body), nn.Sequential(*shortcut)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def resnet(width=16, blocks=(2, 2, 2, 2), stem_stride=1):
    layers, i = [nn.Conv2d(1, width, 3, stem_stride, padding=1, bias=False), *norm_relu(width)], width
    for stage, count in enumerate(blocks):
        o = width * 2 ** stage
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            body = [nn.Conv2d(i, o, 3, stride, 1, bias=False), *norm_relu(o), nn.Conv2d(o, o, 3, padding=1, bias=False),
                    nn.BatchNorm2d(o)]
            shortcut = [] if stride == 1 else [nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)]
            layers += [Sum(body, shortcut), nn.ReLU()]
            i = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class WindowMeans(nn.Module):
    def forward(self, x):
        height, width = x.shape[2:]
        padded = nn.functional.pad(x, (1, 1, 1, 1))
        return torch.cat([padded[:, :, i:i + height, j:j + width].mean((2, 3)) for i in range(3) for j in range(3)], 1)


def mini_xception():
    layers, i = [], 1
    for _ in range(2):
        layers += [nn.Conv2d(i, 8, 3, bias=False), *norm_relu(8)]
        i = 8
    for o in (16, 32, 64, 128):
        def separable(a, b):
            return [nn.Conv2d(a, a, 3, padding=1, groups=a, bias=False), nn.Conv2d(a, b, 1, bias=False)]
        body = [*separable(i, o), *norm_relu(o), *separable(o, o), nn.BatchNorm2d(o), nn.MaxPool2d(3, 2, 1)]
        layers.append(Sum(body, [nn.Conv2d(i, o, 1, 2, bias=False), nn.BatchNorm2d(o)]))
        i = o
    return nn.Sequential(*layers, WindowMeans())


NETWORKS = {
    "ShallowCNN": (1, shallow_cnn, 1024), "VGG16": (3, vgg16, 512), "MobileNet": (3, mobile_net, 512),
    "compactVgg": (1, compact_vgg, 512), "ResNet": (1, resnet, 128),
    "half-resolution ResNet": (1, lambda: resnet(32, (3, 2, 2), 2), 128), "mini-XCEPTION": (1, mini_xception, 1152),
}


def prepare_kernel(kernel):
    """A product, a 3x3 convolution or one of its gradients, in PyTorch's own memory order."""
    n = kernel["n"]
    if kernel["op"] == "product":
        m, k = kernel["m"], kernel["k"]
        a = torch.randn(k, m).t() if kernel["transposeA"] else torch.randn(m, k)
        b = torch.randn(n, k).t() if kernel["transposeB"] else torch.randn(k, n)
        return lambda: (torch.mm(a, b), 2 * m * k * n)[1]
    size, channels, out = kernel["size"], kernel["channels"], kernel["out"]
    pad = 1 if kernel["pad"] == "same" else 0
    groups, stride = (channels, kernel["stride"]) if kernel.get("depthwise") else (1, 1)
    x, w = torch.randn(n, channels, size, size), torch.randn(out, channels // groups, 3, 3)
    y = nn.functional.conv2d(x, w, None, stride, pad, 1, groups)
    dy, flops = torch.randn_like(y), 2 * y.numel() * 9 * channels // groups
    if kernel["op"] == "convolution":
        return lambda: (nn.functional.conv2d(x, w, None, stride, pad, 1, groups), flops)[1]
    wanted = [kernel["op"] == "input gradient", kernel["op"] == "filter gradient", False]

    def gradient():
        torch.ops.aten.convolution_backward(
            dy, x, w, None, [stride] * 2, [pad, pad], [1, 1], False, [0, 0], groups, wanted)
        return flops
    return gradient


def prepare(task):
    if "kernel" in task:
        return prepare_kernel(task["kernel"])
    batch = task["batch"]
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
current, once = None, None
for line in sys.stdin:
    task = json.loads(line)
    seconds = task.pop("seconds")
    if task != current:
        current, once = task, prepare(task)
        once()
        once()
    units, start = 0, time.perf_counter()
    with torch.set_grad_enabled(task["what"] in ("train", "layers")):
        while True:
            units += once()
            if time.perf_counter() - start >= seconds:
                break
    print(json.dumps({"units": units, "seconds": time.perf_counter() - start}), flush=True)
