"""Fits the weights of src/verifier/fuse.ts on the candidates of collectCandidates.ts (Debian's python3-sklearn):

    python3 packages/fer-faces/training/fitFusion.py candidates.csv
"""

import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

face, upright, search, verifier, searched, pasted = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1).T


def logit(score):
    inside = np.clip(score, 0.01, 0.97)
    return np.log(inside / (1 - inside))


scores = np.c_[logit(upright), logit(search), verifier]
model = LogisticRegression(C=1).fit(scores, face)
print("upright, search, verifier, bias:", *model.coef_[0].round(3), *model.intercept_.round(3))

# In scenes, the logarithm of the pixels searched is weighed against the sum of the scores.
scene = pasted > 0
both = np.c_[model.decision_function(scores), np.log(searched)][scene]
score, log_pixels = LogisticRegression(C=100).fit(both, face[scene]).coef_[0]
print("pixels searched:", (-log_pixels / score).round(2))
