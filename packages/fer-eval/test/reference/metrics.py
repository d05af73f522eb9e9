"""Reference values of the metrics: run with scikit-learn 1.2.1. The data come from a linear congruential generator
that the tests repeat, so that nothing needs a file."""
import json, warnings
import numpy as np
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
warnings.filterwarnings('ignore')
def lcg(seed):
    s = seed
    while True:
        s = (s * 1664525 + 1013904223) % 2**32
        yield s / 2**32
def case(n, k, seed, levels):
    g = lcg(seed); actual=[]; scores=[]
    for i in range(n):
        a = int(next(g) ** 1.5 * k); actual.append(a)
        row = [next(g) * 2 + (1 if j == a else 0) for j in range(k)]
        if levels: row = [np.floor(v * levels) / levels for v in row]
        scores.append(row)
    return np.array(actual), np.array(scores)
def out(n,k,seed,levels):
    y, s = case(n,k,seed,levels)
    p = s.argmax(1)
    e = s.copy()  # quadratic weights: only + * /, the same bits in any language
    q = e*e*e + 0.1; 
    tot = np.zeros(n)
    for j in range(k): tot = tot + q[:,j]
    q = q / tot[:,None]
    L = list(range(k))
    r = {}
    r['confusion'] = m.confusion_matrix(y,p,labels=L).tolist()
    for by in ['true','pred','all']: r['norm_'+by] = m.confusion_matrix(y,p,labels=L,normalize=by)[1].tolist()
    r['accuracy']=m.accuracy_score(y,p); r['balanced']=m.balanced_accuracy_score(y,p)
    r['kappa']=m.cohen_kappa_score(y,p); r['mcc']=m.matthews_corrcoef(y,p)
    P,R,F,S = m.precision_recall_fscore_support(y,p,labels=L,zero_division=0)
    r['precision']=P.tolist(); r['recall']=R.tolist(); r['f1']=F.tolist(); r['support']=S.tolist()
    r['macro']=m.precision_recall_fscore_support(y,p,labels=L,average='macro',zero_division=0)[:3]
    r['weighted']=m.precision_recall_fscore_support(y,p,labels=L,average='weighted',zero_division=0)[:3]
    r['auc']=[m.roc_auc_score(y==j,s[:,j]) if 0<(y==j).sum()<n else None for j in L]
    r['ap']=[m.average_precision_score(y==j,s[:,j]) if (y==j).any() else None for j in L]
    if not levels: r['top2']=m.top_k_accuracy_score(y,s,k=2,labels=L)
    r['logloss']=m.log_loss(y,q,labels=L)
    conf=q.max(1); hit=q.argmax(1)==y
    t,c = calibration_curve(hit,conf,n_bins=10); r['reliability']=[t.tolist(),c.tolist()]
    b=np.searchsorted(np.linspace(0,1,11)[1:-1],conf); 
    r['ece']=sum(abs(hit[b==i].mean()-conf[b==i].mean())*(b==i).mean() for i in range(10) if (b==i).any())
    f,tp,th=m.roc_curve(y==1,s[:,1]); r['roc']=[len(f),f[:8].tolist(),tp[:8].tolist(),th[1:8].tolist()]
    P1,R1,T1=m.precision_recall_curve(y==1,s[:,1]); r['pr']=[len(P1),P1[::-1][:9].tolist(),R1[::-1][:9].tolist(),T1[::-1][:8].tolist()]
    r['report']=m.classification_report(y,p,labels=L,target_names=['angry','disgust','fear','happy','sad','surprise','neutral'][:k],zero_division=0)
    return r
print(json.dumps({'plain':out(400,7,1,0),'ties':out(120,4,2,3)},indent=None))
