"""Trains the networks of fer-models on one GPU: three teachers, four compact networks distilled from them, and a second
round, in which these networks learn on from three new teachers and from each other.

    python train.py fer2013.csv.gz OUT

The networks are those of fer-backbones (3x3 convolutions, Keras' batch normalisation), so that import.ts can turn the
weights into saved classifiers. Each network is written to OUT as NAME.bin (float32, little endian) with an index
NAME.json of the names, shapes and offsets of its arrays. Needs PyTorch 2 and CUDA; about 20 minutes on an NVIDIA H100.
"""
import argparse
import contextlib
import csv
import dataclasses
import gzip
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
CUDA = DEVICE.type == 'cuda'
SIDE = 48
CLASSES = 7


def initialise(network):
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


class Vgg(nn.Module):
    """Stages of two or three convolutions, each batch-normalised before its ReLU, with max pooling between them.

    `dense` features come from a batch-normalised dense layer on the flattened last stage; 0 averages its map instead.
    """

    def __init__(self, widths, depths, dropouts, dense=0, top_dropout=0.4, final_pool=True):
        super().__init__()
        layers, channels = [], 1
        for stage, (width, depth, dropout) in enumerate(zip(widths, depths, dropouts)):
            for _ in range(depth):
                layers += [
                    nn.Conv2d(channels, width, 3, padding=1, bias=False),
                    nn.BatchNorm2d(width, eps=1e-3, momentum=0.05),
                    nn.ReLU(inplace=True),
                ]
                channels = width
            if final_pool or stage + 1 < len(widths):
                layers.append(nn.MaxPool2d(2))
            if dropout:
                layers.append(nn.Dropout(dropout))
        self.body = nn.Sequential(*layers)
        self.dense = nn.Linear(channels * 9, dense) if dense else None
        self.norm = nn.BatchNorm1d(dense, eps=1e-3, momentum=0.05) if dense else None
        self.drop = nn.Dropout(top_dropout)
        self.top = nn.Linear(dense or channels, CLASSES)
        initialise(self)

    def forward(self, x):
        x = self.body(x)
        if self.dense is None:
            x = x.mean((2, 3))
        else:  # flattened by height, width, channel, as Keras does
            x = F.relu(self.norm(self.dense(x.permute(0, 2, 3, 1).flatten(1))))
        return self.top(self.drop(x))


class Block(nn.Module):
    """A basic residual block (He et al., 2016) with squeeze-and-excitation (Hu et al., 2018) and stochastic depth."""

    def __init__(self, channels, width, stride, drop):
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(width, eps=1e-3, momentum=0.05)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(width, eps=1e-3, momentum=0.05)
        self.shortcut = None
        if stride != 1 or channels != width:
            norm = nn.BatchNorm2d(width, eps=1e-3, momentum=0.05)
            self.shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), norm)
        squeezed = max(8, width // 8)
        self.excite = nn.Sequential(nn.Linear(width, squeezed), nn.ReLU(), nn.Linear(squeezed, width), nn.Sigmoid())
        self.drop = drop

    def forward(self, x):
        y = self.second_norm(self.second(F.relu(self.first_norm(self.first(x)), inplace=True)))
        y = y * self.excite(y.mean((2, 3)))[:, :, None, None]
        if self.training and self.drop:
            kept = torch.rand(len(y), 1, 1, 1, device=y.device) >= self.drop
            y = y * kept.to(y.dtype) / (1 - self.drop)
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet(nn.Module):
    def __init__(self, widths, depths, top_dropout=0.4, stochastic_depth=0.1):
        super().__init__()
        layers, channels, count = [], widths[0], 0
        for stage, (width, depth) in enumerate(zip(widths, depths)):
            for i in range(depth):
                stride = 2 if stage > 0 and i == 0 else 1
                layers.append(Block(channels, width, stride, stochastic_depth * count / sum(depths)))
                channels, count = width, count + 1
        norm = nn.BatchNorm2d(widths[0], eps=1e-3, momentum=0.05)
        self.stem = nn.Sequential(nn.Conv2d(1, widths[0], 3, padding=1, bias=False), norm, nn.ReLU(inplace=True))
        self.body = nn.Sequential(*layers)
        self.drop = nn.Dropout(top_dropout)
        self.top = nn.Linear(channels, CLASSES)
        initialise(self)

    def forward(self, x):
        return self.top(self.drop(self.body(self.stem(x)).mean((2, 3))))


NETWORKS = {
    'teacher-64': lambda: Vgg([64, 128, 256, 512], [2, 2, 2, 2], (0, 0.1, 0.1, 0.2), dense=512),
    'teacher-48': lambda: Vgg([48, 96, 192, 384], [2, 2, 3, 3], (0, 0.1, 0.1, 0.2), dense=512),
    'teacher-32': lambda: Vgg([32, 64, 128, 256], [2, 2, 2, 2], (0, 0.1, 0.1, 0.2), dense=512),
    'teacher-residual': lambda: ResNet([40, 80, 160, 320], [2, 2, 2, 2]),
    'small-residual': lambda: ResNet([24, 48, 96, 192], [2, 2, 2, 2], 0.2, 0.05),
    'dense': lambda: Vgg([32, 64, 128, 256], [2, 2, 2, 2], (0, 0.05, 0.05, 0.1), dense=256, top_dropout=0.3),
    'average': lambda: Vgg([32, 64, 128, 256], [2, 2, 2, 2], (0, 0.05, 0.05, 0), top_dropout=0.2, final_pool=False),
    'tiny': lambda: Vgg([16, 32, 48, 64], [2, 2, 2, 2], (0, 0, 0.05, 0.05), top_dropout=0.1),
}
GEOMETRY = {'rotation': 12, 'zoom': 0.13, 'shift': 0.08, 'shear': 4}
TEACHER_AUGMENTATION = {**GEOMETRY, 'erasing': 0.2, 'noise': 0.12, 'mixup': 0.15, 'cutmix': 0}
STUDENT_AUGMENTATION = {**GEOMETRY, 'erasing': 0.2, 'noise': 0.15, 'mixup': 0.15, 'cutmix': 0.1}
#: (name, seed) of each network, and in the second round the teachers' augmentations
TEACHERS = [('teacher-64', 11), ('teacher-48', 12), ('teacher-32', 13)]
STUDENTS = [('dense', 1), ('average', 2), ('average', 3), ('tiny', 4)]
NEW_TEACHERS = [
    ('teacher-64', 21, TEACHER_AUGMENTATION),
    ('teacher-48', 22, {**TEACHER_AUGMENTATION, 'cutmix': 0.1}),
    ('teacher-residual', 23, {**TEACHER_AUGMENTATION, 'noise': 0.15}),
]
#: average-3 ships as the first round left it
SHIPPED = {('dense', 1): 2, ('average', 2): 2, ('average', 3): 1, ('tiny', 4): 2}



def standardise(x):
    """Each image of pixels 0..255 to mean 0 and standard deviation 1, as fer-backbones' 'standardise'."""
    mean = x.mean((1, 2, 3), keepdim=True)
    deviation = (x - mean).pow(2).mean((1, 2, 3), keepdim=True).sqrt()
    return (x - mean) / deviation.clamp_min(255 / SIDE)


class Augmentation:
    """Draws new versions of a batch on the GPU: an affine change, noise and blur, an erased rectangle, mixup or CutMix."""

    def __init__(self, settings, batch):
        self.settings = settings
        self.n = batch
        line = torch.arange(SIDE, device=DEVICE, dtype=torch.float32)
        self.rows, self.columns = torch.meshgrid(line, line, indexing='ij')
        beta = np.random.RandomState(0).beta(0.4, 0.4, 65536).astype(np.float32)
        self.beta = torch.from_numpy(beta).to(DEVICE)

    def draw(self, low, high, *shape):
        return low + (high - low) * torch.rand(self.n, *shape, device=DEVICE)

    def rectangle(self, height, width):
        y, x = self.draw(0, SIDE), self.draw(0, SIDE)
        inside_rows = (self.rows[None] - y[:, None, None]).abs() < height[:, None, None] / 2
        return inside_rows & ((self.columns[None] - x[:, None, None]).abs() < width[:, None, None] / 2)

    def __call__(self, x, y):
        """x: uint8 [n, 48, 48]; y: one-hot [n, 7]. Returns standardised images and mixed labels."""
        s = self.settings
        x = self.degrade(self.move(x.float()[:, None]))
        if s['erasing']:
            area, ratio = self.draw(0.02, 0.2), torch.exp(self.draw(-1.2, 1.2))
            hole = self.rectangle((area * ratio).sqrt() * SIDE, (area / ratio).sqrt() * SIDE)
            hole &= self.draw(0, 1, 1, 1) < s['erasing']
            x = torch.where(hole[:, None], torch.rand_like(x) * 255, x)
        x, y = self.mix(x, y)
        return standardise(x).to(memory_format=torch.channels_last), y

    def move(self, x):
        s = self.settings
        angle = self.draw(-1, 1) * s['rotation'] * math.pi / 180
        zoom_x, zoom_y = self.draw(1 - s['zoom'], 1 + s['zoom']), self.draw(1 - s['zoom'], 1 + s['zoom'])
        shear = self.draw(-1, 1) * s['shear'] * math.pi / 180
        shift_x, shift_y = self.draw(-2, 2) * s['shift'], self.draw(-2, 2) * s['shift']
        flip = torch.where(self.draw(0, 1) < 0.5, -1.0, 1.0)
        cos, sin = angle.cos(), angle.sin()
        first = torch.stack([cos * zoom_x * flip, (-cos * shear.sin() - sin * shear.cos()) * zoom_y, shift_x], 1)
        second = torch.stack([sin * zoom_x * flip, (-sin * shear.sin() + cos * shear.cos()) * zoom_y, shift_y], 1)
        grid = F.affine_grid(torch.stack([first, second], 1), (self.n, 1, SIDE, SIDE), align_corners=False)
        return F.grid_sample(x, grid, padding_mode='border', align_corners=False)

    def degrade(self, x):
        share = self.settings['noise']
        deviation = (self.draw(0, 1, 1, 1, 1) < share).float() * self.draw(0, 0.15 * 255, 1, 1, 1)
        blur = self.draw(0, 1, 1, 1, 1) * (self.draw(0, 1, 1, 1, 1) < share).float()
        blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode='replicate'), 3, 1)
        return (x + (blurred - x) * blur + deviation * torch.randn_like(x)).clamp(0, 255)

    def mix(self, x, y):
        s = self.settings
        which = self.draw(0, 1)
        mixed = (which < s['mixup']).float()
        cut = ((which >= s['mixup']) & (which < s['mixup'] + s['cutmix'])).float()
        share = self.beta[torch.randint(0, len(self.beta), (self.n,), device=DEVICE)]
        side = (1 - self.draw(0, 1)).sqrt() * SIDE
        box = self.rectangle(side, side).float()
        keep = (1 - mixed[:, None, None] * (1 - share[:, None, None])) * (1 - cut[:, None, None] * box)
        keep_label = (1 - mixed * (1 - share)) * (1 - cut * box.mean((1, 2)))
        x = x * keep[:, None] + x.roll(1, 0) * (1 - keep[:, None])
        return x, y * keep_label[:, None] + y.roll(1, 0) * (1 - keep_label[:, None])


class Sgd:
    """SGD with Nesterov momentum 0.9, weight decay on matrices alone, and the gradient's norm clipped at 2.

    Its rate is a tensor, so that a captured CUDA graph can follow a schedule.
    """

    def __init__(self, network, weight_decay, rate):
        self.parameters = list(network.parameters())
        self.decays = [weight_decay if p.ndim > 1 else 0.0 for p in self.parameters]
        self.velocities = [torch.zeros_like(p) for p in self.parameters]
        self.rate = rate

    def step(self):
        values = [p.data for p in self.parameters]
        gradients = [p.grad for p in self.parameters]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        torch._foreach_mul_(gradients, (2.0 / (norm + 1e-6)).clamp(max=1.0))
        change = torch._foreach_mul(values, self.decays)
        torch._foreach_add_(change, gradients)
        torch._foreach_mul_(self.velocities, 0.9)
        torch._foreach_add_(self.velocities, change)
        torch._foreach_add_(change, torch._foreach_mul(self.velocities, 0.9))
        torch._foreach_mul_(change, self.rate)
        torch._foreach_sub_(values, change)


class Average:
    """An exponential moving average of a network's weights and statistics."""

    def __init__(self, network):
        tensors = [*network.parameters(), *network.buffers()]
        self.sources = [t for t in tensors if t.dtype.is_floating_point]
        self.averages = [t.detach().clone() for t in self.sources]
        self.share = torch.ones((), device=DEVICE)

    def step(self):
        change = torch._foreach_sub([s.data for s in self.sources], self.averages)
        torch._foreach_mul_(change, self.share)
        torch._foreach_add_(self.averages, change)

    def settle(self):
        for source, average in zip(self.sources, self.averages):
            source.data.copy_(average)


@dataclasses.dataclass(frozen=True)
class Spec:
    """A network to train: its name in NETWORKS, its seed and what differs from the others trained beside it."""

    name: str
    seed: int
    augmentation: dict | None = None
    smoothing: float = 0.1
    weight_decay: float = 5e-4
    #: The weights to go on from, by name. Default: fresh ones
    start: dict | None = None


def train(specs, data, epochs, rate=0.05, batch=128, augmentation=None, teachers=(),
          temperature=2.0, distilled=0.85):
    """Trains several networks side by side and returns the averages of their weights.

    With `augmentation`, all networks and teachers see the same images; otherwise each network's spec has its own. With
    teachers, the loss is `distilled` parts of the cross-entropy to the teachers' mean probabilities at `temperature`,
    times its square (Hinton et al., 2015), and the rest of the cross-entropy to the labels.
    """
    networks = []
    for spec in specs:
        torch.manual_seed(spec.seed)
        network = NETWORKS[spec.name]()
        if spec.start:
            network.load_state_dict(spec.start, strict=False)
        networks.append(network.to(DEVICE).to(memory_format=torch.channels_last).train())
    torch.manual_seed(1000 + specs[0].seed)
    shuffling = torch.Generator().manual_seed(specs[0].seed)
    learning_rate = torch.zeros((), device=DEVICE)
    optimizers = [Sgd(network, spec.weight_decay, learning_rate) for network, spec in zip(networks, specs)]
    averages = [Average(network) for network in networks]
    shared = augmentation and Augmentation(augmentation, batch)
    augmentations = [shared or Augmentation(spec.augmentation, batch) for spec in specs]
    images, labels = data['x'], F.one_hot(data['y'], CLASSES).float()
    rows = torch.randperm(len(images), device=DEVICE)[:batch].clone()
    # The networks after the first run on streams of their own: each alone is too small to fill the GPU.
    streams = [torch.cuda.Stream() for _ in networks[1:]] if CUDA else []
    hits = torch.zeros(len(specs), device=DEVICE)

    def step():
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA, cache_enabled=False):
            if shared:
                x, y = shared(images[rows], labels[rows])
                with torch.no_grad():
                    soft = sum((t(x).float() / temperature).softmax(1) for t in teachers) / max(1, len(teachers))
            current = torch.cuda.current_stream() if CUDA else None
            for i, (network, spec) in enumerate(zip(networks, specs)):
                if 0 < i <= len(streams):
                    streams[i - 1].wait_stream(current)
                with torch.cuda.stream(streams[i - 1]) if 0 < i <= len(streams) else contextlib.nullcontext():
                    if not shared:
                        x, y = augmentations[i](images[rows], labels[rows])
                    logits = network(x).float()
                    smoothed = y * (1 - spec.smoothing) + spec.smoothing / CLASSES
                    loss = -(smoothed * logits.log_softmax(1)).sum(1).mean()
                    if teachers:
                        distance = -(soft * (logits / temperature).log_softmax(1)).sum(1).mean()
                        loss = distilled * temperature**2 * distance + (1 - distilled) * loss
                    for p in optimizers[i].parameters:
                        p.grad = None
                    loss.backward()
                    with torch.no_grad():
                        optimizers[i].step()
                        averages[i].step()
                        hits[i] += (logits.argmax(1) == y.argmax(1)).float().sum()
            for stream in streams:
                current.wait_stream(stream)

    before = [{name: value.clone() for name, value in network.state_dict().items()} for network in networks]
    replay = capture(step, networks) if CUDA else step
    steps = len(images) // batch
    for network, optimizer, state in zip(networks, optimizers, before):  # undoes the steps that were recorded
        network.load_state_dict(state)
        for velocity in optimizer.velocities:
            velocity.zero_()
    total = epochs * steps
    index = 0
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=shuffling).to(DEVICE)
        hits.zero_()
        for i in range(steps):
            done = index / total
            rise = 0.12
            factor = done / rise if done < rise else 0.5 * (1 + math.cos(math.pi * (done - rise) / (1 - rise)))
            learning_rate.fill_(rate * factor)
            for average in averages:
                average.share.fill_(1 - min(0.998, (1 + index) / (10 + index)))
            rows.copy_(order[i * batch:(i + 1) * batch])
            replay()
            index += 1
    for i, (network, average) in enumerate(zip(networks, averages)):
        average.settle()
        network.eval()
        network.training_accuracy = 100 * float(hits[i]) / (steps * batch)
    return networks


def capture(step, networks):
    """Records one step as a CUDA graph. The warm-up runs at rate 0."""
    warm_up = torch.cuda.Stream()
    warm_up.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(warm_up):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(warm_up)
    graph = torch.cuda.CUDAGraph()
    for network in networks:
        for p in network.parameters():
            p.grad = None
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def scores(network, images):
    """Logits, averaged over each image and its mirror image."""
    found = []
    with torch.no_grad(), torch.autocast(DEVICE.type, torch.bfloat16, enabled=CUDA):
        for start in range(0, len(images), 1024):
            x = standardise(images[start:start + 1024].float()[:, None]).to(memory_format=torch.channels_last)
            found.append(((network(x) + network(x.flip(3))) / 2).float())
    return torch.cat(found)


def load(path):
    rows = {'Training': ([], []), 'PublicTest': ([], [])}
    with (gzip.open if path.endswith('.gz') else open)(path, 'rt') as file:
        reader = csv.reader(file)
        next(reader)
        for label, pixels, usage in reader:
            if usage in rows:  # PrivateTest is the final test: it is not read
                rows[usage][0].append(np.array(pixels.split(), dtype=np.uint8))
                rows[usage][1].append(int(label))
    x, y = rows['Training']
    public_x, public_y = rows['PublicTest']

    def tensor(values):
        return torch.from_numpy(np.asarray(values)).to(DEVICE)

    return {
        'x': tensor(np.stack(x).reshape(-1, SIDE, SIDE)),
        'y': tensor(y),
        'public_x': tensor(np.stack(public_x).reshape(-1, SIDE, SIDE)),
        'public_y': tensor(public_y),
    }


def save(network, public_scores, path):
    arrays = {k: v.float().cpu().numpy() for k, v in network.state_dict().items() if v.dtype.is_floating_point}
    arrays['publicScores'] = public_scores.cpu().numpy()
    index, offset = [], 0
    with open(f'{path}.bin', 'wb') as file:
        for name, array in arrays.items():
            data = np.ascontiguousarray(array, dtype='<f4').tobytes()
            index.append({'name': name, 'shape': list(array.shape), 'offset': offset})
            file.write(data)
            offset += len(data)
    with open(f'{path}.json', 'w') as file:
        json.dump(index, file)


def accuracy(logits, labels):
    return 100 * float((logits.argmax(1) == labels).float().mean())


def weight_decay(name):
    return 1e-4 if name == 'tiny' else 5e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('data', help='FER2013 as csv, plain or gzip')
    parser.add_argument('out', help='folder for the networks')
    parser.add_argument('--epochs', type=int, nargs=4, default=[121, 169, 76, 208],
                        help='of the teachers, students, new teachers and students of the second round')
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True
    data = load(options.data)
    epochs = options.epochs

    teachers = train([Spec(*one) for one in TEACHERS], data, epochs[0], augmentation=TEACHER_AUGMENTATION)
    students = train([Spec(name, seed, weight_decay=weight_decay(name)) for name, seed in STUDENTS], data, epochs[1],
                     augmentation=STUDENT_AUGMENTATION, teachers=teachers)
    finish(1, STUDENTS, students, data, options.out)

    new_teachers = train([Spec(*one) for one in NEW_TEACHERS], data, epochs[2])
    second = [
        Spec(name, seed + 100, weight_decay=weight_decay(name), start=student.state_dict())
        for (name, seed), student in zip(STUDENTS, students)
    ]
    augmentation = {**STUDENT_AUGMENTATION, 'mixup': 0.2}
    learned_on = train(second, data, epochs[3], rate=0.03, augmentation=augmentation,
                       teachers=[*new_teachers, *students[:3]])
    finish(2, STUDENTS, learned_on, data, options.out)


def finish(round, specs, networks, data, out):
    """Prints the accuracies of a round's networks, and saves those that ship."""
    for (name, seed), network in zip(specs, networks):
        logits = scores(network, data['public_x'])
        print(f'round {round}, {name}-{seed}: {accuracy(logits, data["public_y"]):.2f} % on PublicTest')
        if SHIPPED[name, seed] == round:
            save(network, logits, os.path.join(out, f'{name}-{seed}'))


if __name__ == '__main__':
    main()
