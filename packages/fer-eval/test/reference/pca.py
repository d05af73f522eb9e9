"""Reference principal components: run with scikit-learn 1.2.1. Data from a formula that the tests repeat."""
import json
import numpy as np
from sklearn.decomposition import PCA
i, j = np.mgrid[0:60, 0:100]
x = (((i * i * (j + 3) + 7 * i * j) % 101) / 101 * np.exp(-j / 5) + np.sin(i * 0.7) * np.cos(j)).astype(np.float32).astype(float)
out = {}
for name, d in (('few', 12), ('many', 100)):
    pca = PCA(3, svd_solver='full').fit(x[:, :d])
    points = pca.transform(x[:, :d])
    sign = np.sign(pca.components_[np.arange(3), np.abs(pca.components_).argmax(1)])
    out[name] = {'columns': d, 'explained': pca.explained_variance_ratio_.tolist(), 'points': (points * sign)[:8].tolist()}
print(json.dumps(out))
