"""How time grows with the size of the image and with the number of training patches, with the models of a run, as one JSON file.

    patchad_table1 --categories wood --out RUN
    python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json

Larger images are the first test image, mirrored at its borders. The loop over patches is timed on 1000 patches and multiplied.
"""
import argparse, datetime, importlib.metadata, json, os, platform, time
from pathlib import Path

import numpy as np, torch

from patchad_nb.training import train
from patchad_nb.data import Category
from patchad_nb.dense import pad_image
from patchad_nb.results import METHODS, not_installed
from patchad_nb.presets import PRESETS
from patchad_nb.ocsvm import LatentOCSVM
from patchad_nb.patches import PatchLatents, PatchSampler
from patchad_nb.prior import PatchCodes, train_prior
from patchad_nb.core import write_text

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument('run', help='folder of a finished run of patchad_table1'); p.add_argument('--data', required=True, help='folder with categories')
p.add_argument('--category', required=True); p.add_argument('--out', required=True)
a = p.parse_args()

def seconds(f, repeats=2):
    times = []
    for _ in range(repeats): start = time.perf_counter(); f(); times.append(time.perf_counter() - start)
    return min(times)

category, rows = Category(a.data, a.category), []
def add(what, method, n, t): rows.append({'what': what, 'method': method, 'n': n, 'seconds': t}); print(rows[-1], flush=True)
load = lambda m: METHODS[m].load(Path(a.run)/'models'/a.category/m/'seed0')

image = category.samples[0].image()
def mirrored(side): i = np.pad(np.arange(min(image.shape[1:])), (0, max(0, side - min(image.shape[1:]))), 'symmetric')[:side]; return image[:, i][:, :, i]
detectors = {m: load(m) for m in METHODS if m not in not_installed()}
model = detectors['ae_recons'].model; x = pad_image(mirrored(256)).float() / 255
some = torch.stack([x[:, i:i + 63, j:j + 63] for i in range(0, 250, 8) for j in range(0, 250, 8)][:1000])
with torch.inference_mode(): loop = seconds(lambda: [(b - model(b))[:, :, 31, 31] for b in some.split(100)]) / len(some)
for d in detectors.values(): d.score_map(mirrored(64))                # warms up
for side in 64, 128, 256, 512, 1024:
    add('image', 'loop over patches', side, loop * side**2)
    for m, d in detectors.items(): add('image', m, side, seconds(lambda: d.score_map(mirrored(side)), 1 if m == 'vq_restore' else 2))

vq, images = detectors['vq_recons'].model, category.train_images
for n in 500, 1000, 2000, 4000:
    sampler = PatchSampler(images, n // len(images), progress=False)
    for m in 'ae_recons', 'vq_recons':
        net = METHODS[m]().make_model(); add('training', m, n, seconds(lambda: train(net, sampler, 1, 25, 1e-3, progress=False), 1))
    latents = PatchLatents(model.encoder, sampler); add('training', 'ae_svm', n, seconds(lambda: LatentOCSVM(n_train=n).fit(latents), 1))
    codes, prior = PatchCodes(vq, sampler, progress=False), METHODS['vq_restore'](**{k: v for k, v in PRESETS['quick'].items() if k.startswith('prior_')}).prior
    add('training', 'vq_restore', n, seconds(lambda: train_prior(prior, codes, None, 1, 25, 1e-3, progress=False), 1))

about = dict(command='python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json', date=datetime.date.today().isoformat(), seed=0,
             machine=f'{os.cpu_count()} cores, {platform.machine()}, {torch.get_num_threads()} threads',
             versions={n: importlib.metadata.version(n) for n in ('patchad_nb', 'torch', 'numpy', 'scikit-learn')})
write_text(a.out, json.dumps({'measured': about, 'rows': rows}, indent=1) + '\n')
