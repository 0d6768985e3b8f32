"""The measures of `bandscope analyse` with pywt, scikit-image, scipy and numpy, in one process: what a careful person would
write today. Reads a JSON list of [hr, sr, ae] PNG paths from the file named first; prints its versions, then for each line
on standard input measures all triples and prints the time, the values of the first triple with the first answer."""

import json
import sys
import time

import numpy as np
import pywt
import scipy
import skimage
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

FACTOR = 4
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
C1, C2 = 0.01**2, 0.03**2
cache = {}


def read(path):
    return np.asarray(Image.open(path).convert("L"), dtype=np.float64) / 255


def operator(n, m):
    """Pillow's bicubic of n to m as a matrix, its pseudo-inverse."""
    if (n, m) not in cache:
        eye = np.eye(n, dtype=np.float32)
        rows = [np.asarray(Image.fromarray(row[None]).resize((m, 1), Image.BICUBIC))[0] for row in eye]
        d = np.stack(rows, 1).astype(np.float64)
        cache[n, m] = d, np.linalg.pinv(d)
    return cache[n, m]


def structure(x, y):
    g = lambda v: gaussian_filter(v, 1.5, mode="mirror", truncate=3.5)
    mx, my = g(x), g(y)
    vx, vy, vxy = g(x * x) - mx * mx, g(y * y) - my * my, g(x * y) - mx * my
    cs = (2 * vxy + C2) / (np.maximum(vx, 0) + np.maximum(vy, 0) + C2)
    return cs, cs * (2 * mx * my + C1) / (mx * mx + my * my + C1)


def halve(x):
    h, w = x.shape[0] // 2 * 2, x.shape[1] // 2 * 2
    return x[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3))


def bands(x):
    c = pywt.wavedec2(x, "haar", level=3)
    named = {"LL3": c[0]}
    for level, (lh, hl, hh) in zip((3, 2, 1), c[1:]):
        named.update({f"LH{level}": lh, f"HL{level}": hl, f"HH{level}": hh})
    return named


def split(h, s, a):
    return [float(v) for v in (np.sum((s - h) ** 2), np.sum((a - h) ** 2), np.sum((s - a) ** 2), 2 * np.sum((a - h) * (s - a)))]


def band_psnr(h, s):
    mse, peak = np.mean((s - h) ** 2), np.abs(h).max()
    return 100.0 if mse < 1e-12 else 0.0 if peak < 1e-12 else float(10 * np.log10(peak**2 / mse))


def radial(f):
    h, w = f.shape
    power = np.abs(np.fft.fftshift(f)) ** 2
    yy, xx = np.mgrid[0:h, 0:w]
    r = np.sqrt(((xx - w // 2) / w) ** 2 + ((yy - h // 2) / h) ** 2)
    edges = np.linspace(0, r.max(), 11)
    return [float(np.mean(np.log10(power[(r >= lo) & (r < hi)] + 1e-12))) for lo, hi in zip(edges, edges[1:])]


def ring_correlation(f, g):
    h, w = f.shape
    n = min(h, w)
    fy, fx = np.fft.fftfreq(h)[:, None] * n, np.fft.fftfreq(w)[None] * n
    ring = np.rint(np.hypot(fx, fy)).astype(int).ravel()
    total = lambda v: np.bincount(ring, v.ravel())[: n // 2]
    return total((f * g.conj()).real) / np.sqrt(total(np.abs(f) ** 2) * total(np.abs(g) ** 2))


def crossing(curve, threshold):
    below = np.flatnonzero(curve[1:] < threshold)
    return float(below[0] + 1) if len(below) else None


def psnr(h, s):
    return float(-10 * np.log10(np.mean((np.clip(s, 0, 1) - h) ** 2)))


def measure(paths):
    h, s, a = map(read, paths)
    e = s - h
    out = {"mse": float(np.mean(e**2)), "mae": float(np.mean(np.abs(e)))}
    out["rmse"] = out["mse"] ** 0.5
    out["nrmse"] = out["rmse"] / float(np.sqrt(np.mean(h**2)))
    out["psnr"] = float(-10 * np.log10(out["mse"]))
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    out["ssim"] = float(structural_similarity(h, s, data_range=1, **gaussian))
    out["ssim_skimage"] = float(structural_similarity(h, s, data_range=1))
    x, y, product = h, s, 1.0
    for i, weight in enumerate(WEIGHTS):
        cs, full = structure(x, y)
        if i == 0:
            out["ssim_torchmetrics"] = float(full.mean())
        value = full.mean() if i == 4 else cs[5:-5, 5:-5].mean()
        product *= max(0.0, value) ** weight
        x, y = halve(x), halve(y)
    out["ms_ssim"] = float(product)
    bh, bs, ba = bands(h), bands(s), bands(a)
    out["bands"] = {k: {"psnr": band_psnr(bh[k], bs[k]), "sse": float(np.sum((bs[k] - bh[k]) ** 2))} for k in bh}
    out["error_split"] = {"total": split(h, s, a), **{k: split(bh[k], bs[k], ba[k]) for k in bh}}
    fh, fs = np.fft.fft2(h), np.fft.fft2(s)
    out["radial_log_power"] = radial(fs)
    curve = ring_correlation(fh, fs)
    out["frc"] = [crossing(curve, 1 / 2), crossing(curve, 1 / 7), float(np.mean(curve[1:]))]
    floor = np.abs(a - h)
    t = floor.mean() + 2 * floor.std()
    up, down = e > t, e < -t
    out["hallucination"] = {
        "threshold": float(t),
        "hallu_rate": float(up.mean()),
        "loss_rate": float(down.mean()),
        "hallu_magnitude": float(e[up].mean()) if up.any() else 0.0,
        "loss_magnitude": float(-e[down].mean()) if down.any() else 0.0,
    }
    (dv, pv), (dw, pw) = (operator(n, n // FACTOR) for n in h.shape)
    lh, ls = dv @ h @ dw.T, dv @ s @ dw.T
    mh, ms = pv @ lh @ pw.T, pv @ ls @ pw.T
    out["null_space"] = {
        "measured_sse": float(np.sum((ms - mh) ** 2)),
        "invented_sse": float(np.sum((e - (ms - mh)) ** 2)),
        "consistency": float(np.sqrt(np.mean((ls - lh) ** 2))),
        "projected_psnr": psnr(h, s - ms + mh),
    }
    return out


def main():
    triples = json.load(open(sys.argv[1]))
    print(json.dumps({"pywt": pywt.__version__, "scikit-image": skimage.__version__, "scipy": scipy.__version__, "numpy": np.__version__}), flush=True)
    first = True
    for _ in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        values = [measure(paths) for paths in triples]
        answer = {"ms": 1000 * (time.perf_counter() - start), "cpuMs": 1000 * (time.process_time() - cpu)}
        print(json.dumps({**answer, **({"values": values[0]} if first else {})}), flush=True)
        first = False


main()
