"""scikit-learn, in its own process. Arguments: features, labels, columns, then a task as JSON; with "exact" after
it, the float64 optimum of the SVM's objectives too. Prints one line of JSON; objectives are evaluated in float64."""
import json
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

x_file, y_file, columns, task = sys.argv[1:5]
task = json.loads(task)
X = np.fromfile(x_file, np.float32).reshape(-1, int(columns)).astype(np.float64)
y = np.fromfile(y_file, np.uint8).astype(int)
C = task["C"]
svm = task["kind"] == "svm"
model = LinearSVC(dual=False, C=C) if svm else LogisticRegression(C=C, multi_class="multinomial", max_iter=10000)
begun, cpu = time.perf_counter(), time.process_time()
model.fit(X, y)
out = {"seconds": time.perf_counter() - begun, "cpuSeconds": time.process_time() - cpu}


def svm_objective(w, sign):
    return 0.5 * w @ w + C * (np.maximum(0, 1 - sign * (A @ w)) ** 2).sum()


def newton(w, sign):
    """Newton's method with the exact generalised Hessian, until the objective no longer falls."""
    value = svm_objective(w, sign)
    for _ in range(30):
        slack = 1 - sign * (A @ w)
        active = A[slack > 0]
        gradient = w - 2 * C * active.T @ (sign * slack)[slack > 0]
        step = -np.linalg.solve(np.eye(len(w)) + 2 * C * active.T @ active, gradient)
        length = 1.0
        while svm_objective(w + length * step, sign) > value and length > 1e-6:
            length /= 2
        found = svm_objective(w + length * step, sign)
        if not found < value * (1 - 1e-14):
            break
        w, value = w + length * step, found
    return value


if svm:
    A = np.hstack([X, np.ones((len(X), 1))])
    signs = [np.where(y == c, 1.0, -1.0) for c in range(len(model.classes_))]
    weights = np.hstack([model.coef_, model.intercept_[:, None]])
    out["objectives"] = [svm_objective(w, s) for w, s in zip(weights, signs)]
    if sys.argv[5:] == ["exact"]:
        out["optima"] = [newton(w, s) for w, s in zip(weights, signs)]
else:
    loss = -model.predict_log_proba(X)[np.arange(len(y)), y].sum()
    out["objectives"] = [0.5 * (model.coef_ ** 2).sum() + C * loss]
print(json.dumps(out))
