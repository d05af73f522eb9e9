"""Reference values of intervals and tests: run with scipy 1.10.1."""
import json
import numpy as np
from scipy import stats
x = np.array([1,0,1,1,0,2,1,5,0,1,3,1,1,0,1,1,8,0,1,0], float)
b = stats.bootstrap((x,), np.mean, n_resamples=200, method='BCa', random_state=3, vectorized=True)
jack = [np.delete(x, i).mean() for i in range(len(x))]
w = lambda k, n, c: list(stats.binomtest(k, n).proportion_ci(c, method='wilson'))
big = stats.bootstrap((x,), np.mean, n_resamples=200000, method='BCa', random_state=1, vectorized=True, batch=1000)
out = {
  'x': x.tolist(), 'drawn': b.bootstrap_distribution.tolist(), 'leftOut': jack,
  'bca': list(b.confidence_interval), 'bcaMany': list(big.confidence_interval), 'seMany': float(big.standard_error),
  'wilson': [[k, n, c, w(k, n, c)] for k, n, c in [(2258,3589,.95),(0,20,.95),(20,20,.9),(1,3,.99)]],
  'mcnemar': [[p, q, stats.binomtest(min(p,q), p+q, .5).pvalue if p+q else 1.0] for p, q in [(0,0),(3,3),(10,2),(0,7),(212,175),(1400,1250),(0,900)]],
  'cdf': [[z, stats.norm.cdf(z)] for z in [-9,-7.5,-6.9,-3,-.5,0,.1,1.96,5,8]],
  'quantile': [[p, stats.norm.ppf(p)] for p in [1e-12,1e-300,.001,.025,.3,.5,.9,.975,.999999]],
}
print(json.dumps(out))
