"""Trains the network `average` of train.py eight times from scratch, each without or with one ingredient of the recipe.

    python ingredients.py fer2013.csv.gz

Prints the accuracy on PublicTest, averaged with the mirror image. Needs PyTorch 2 and CUDA; 2 minutes on an NVIDIA H200.
"""
import sys

import torch

from train import TEACHER_AUGMENTATION, Spec, accuracy, load, scores, train

SEED = 31
EPOCHS = 29
A = TEACHER_AUGMENTATION
VARIANTS = {
    'as the teachers': Spec('average', SEED, A),
    'without mixup': Spec('average', SEED, {**A, 'mixup': 0}),
    'with CutMix on 25 %': Spec('average', SEED, {**A, 'cutmix': 0.25}),
    'without erasing': Spec('average', SEED, {**A, 'erasing': 0}),
    'without noise and blur': Spec('average', SEED, {**A, 'noise': 0}),
    'without label smoothing': Spec('average', SEED, A, smoothing=0),
    'without rotation, zoom and shear': Spec('average', SEED, {**A, 'rotation': 0, 'zoom': 0, 'shear': 0}),
    'a residual network with squeeze-and-excitation and stochastic depth': Spec('small-residual', SEED, A),
}

torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = True
data = load(sys.argv[1])
for name, network in zip(VARIANTS, train(list(VARIANTS.values()), data, EPOCHS)):
    logits = scores(network, data['public_x'])
    print(f'{name}: {accuracy(logits, data["public_y"]):.2f} %, training {network.training_accuracy:.1f} %')
