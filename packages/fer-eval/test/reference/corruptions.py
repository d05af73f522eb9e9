"""Reference pictures of the corruptions: run with Pillow 9.4 (libjpeg) and scipy 1.10.1. The pictures come from a
formula that the tests repeat: no file is needed."""
import io, json
import numpy as np
from PIL import Image
from scipy import ndimage

def picture(h, w, c):
    y, x, k = np.mgrid[0:h, 0:w, 0:c]
    return ((x * x + 3 * y * (k + 1) + x * y) % 256).astype(np.uint8)

def smooth(h, w, c):
    y, x, k = np.mgrid[0:h, 0:w, 0:c]
    return ((x - 7) ** 2 + (y - 6 + k) ** 2 + 20 * k).astype(np.uint8)

def jpeg(a, quality):
    mode = 'L' if a.shape[2] == 1 else 'RGB'
    image = Image.fromarray(a[:, :, 0] if mode == 'L' else a, mode)
    buffer = io.BytesIO()
    image.save(buffer, 'JPEG', quality=quality, subsampling=0)
    return np.asarray(Image.open(buffer)).reshape(-1).tolist()

out = {'jpeg': [{'size': s, 'quality': q, 'bytes': jpeg(smooth(*s), q)} for s in [(16, 16, 1), (11, 13, 1), (16, 16, 3)] for q in (90, 25, 7)]}
a = picture(10, 14, 1)
out['blur'] = [{'sigma': s, 'values': ndimage.gaussian_filter(a[:, :, 0].astype(float), s * 10, mode='nearest', truncate=4).reshape(-1).tolist()} for s in (0.05, 0.15)]
print(json.dumps(out))
