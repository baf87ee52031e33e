"""How time grows with the size of the image and with the number of training patches, with the models of a run.

    patchad_table1 --categories wood --out RUN
    python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json

Larger images are the first test image, mirrored at its borders. The loop over patches is timed on 1000 patches and
multiplied.
"""
import argparse
from pathlib import Path

import numpy as np
import torch

from about import about, write_json
from patchad_nb.core import PATCH_SIZE, best_of
from patchad_nb.data import Category
from patchad_nb.dense import pad_image
from patchad_nb.ocsvm import LatentOCSVM
from patchad_nb.patches import PatchLatents, PatchSampler
from patchad_nb.presets import PRESETS
from patchad_nb.prior import PatchCodes, train_prior
from patchad_nb.results import METHODS, not_installed
from patchad_nb.training import train

COMMAND = 'python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json'
SIZES = 64, 128, 256, 512, 1024                             # of square images, in pixels
COUNTS = 500, 1000, 2000, 4000                              # training patches


def seconds(f, repeats=2):
    "The shortest time of some calls."
    return best_of(repeats, f)[0][0]


def mirrored(image, size):
    "A square image of this size: the image, cut or mirrored at its borders."
    n = min(image.shape[1:])
    i = np.pad(np.arange(n), (0, max(0, size - n)), 'symmetric')[:size]
    return image[:, i][:, :, i]


def load_detectors(run, category):
    "The detectors of a run by the names of their methods."
    folder = Path(run)/'models'/category
    names = [m for m in METHODS if m not in not_installed()]
    return {m: METHODS[m].load(folder/m/'seed0') for m in names}


@torch.inference_mode()
def loop_seconds(model, image):
    "Seconds per patch of the loop over patches, for the error of each patch's center."
    x = pad_image(mirrored(image, 256)).float() / 255
    places = range(0, 250, 8)
    patches = [x[:, i:i + PATCH_SIZE, j:j + PATCH_SIZE] for i in places for j in places]
    patches = torch.stack(patches[:1000])                              # (1000,3,63,63)
    center = PATCH_SIZE // 2
    def loop():
        for batch in patches.split(100): (batch - model(batch))[:, :, center, center]
    return seconds(loop) / len(patches)


def image_rows(detectors, image):
    "(method, size of the image, seconds)"
    loop = loop_seconds(detectors['ae_recons'].model, image)
    for d in detectors.values(): d.score_map(mirrored(image, 64))      # warms up
    for size in SIZES:
        x = mirrored(image, size)
        yield 'loop over patches', size, loop * size**2
        for method, d in detectors.items():
            yield method, size, seconds(lambda: d.score_map(x), 1 if method == 'vq_restore' else 2)


def small_prior():
    "The prior of the preset `quick`."
    settings = {k: v for k, v in PRESETS['quick'].items() if k.startswith('prior_')}
    return METHODS['vq_restore'](**settings).prior


def training_rows(detectors, images):
    "(method, number of patches, seconds of one epoch)"
    encoder, vq = detectors['ae_recons'].model.encoder, detectors['vq_recons'].model
    settings = {'epochs': 1, 'batch_size': 25, 'lr': 1e-3, 'progress': False}
    for n in COUNTS:
        sampler = PatchSampler(images, n // len(images), progress=False)
        for method in 'ae_recons', 'vq_recons':
            net = METHODS[method]().make_model()
            yield method, n, seconds(lambda: train(net, sampler, **settings), 1)
        latents = PatchLatents(encoder, sampler)
        yield 'ae_svm', n, seconds(lambda: LatentOCSVM(n_train=n).fit(latents), 1)
        codes, prior = PatchCodes(vq, sampler, progress=False), small_prior()
        yield 'vq_restore', n, seconds(lambda: train_prior(prior, codes, None, **settings), 1)


def as_rows(what, measured):
    "Measurements as dicts, printed one by one."
    for method, n, t in measured:
        row = {'what': what, 'method': method, 'n': n, 'seconds': t}
        print(row, flush=True)
        yield row


def main():
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a finished run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--out', required=True)
    a = p.parse_args()
    category = Category(a.data, a.category)
    detectors = load_detectors(a.run, a.category)
    rows = list(as_rows('image', image_rows(detectors, category.samples[0].image())))
    rows += as_rows('training', training_rows(detectors, category.train_images))
    write_json(a.out, {'measured': about(COMMAND), 'rows': rows})


if __name__ == '__main__': main()
