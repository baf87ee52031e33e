"""What the settings of the restoration change, on one category, with the network and the prior of a run: one CSV file.

    patchad_table1 --data DIR --categories grid --methods vq_recons vq_restore --out RUN
    python benchmarks/restoration.py RUN --data DIR --category grid --out results/grid_quick/restoration.csv
    python benchmarks/restoration.py RUN --data DIR --category grid --sweep --out FILE        one thing at a time
    python benchmarks/restoration.py RUN --data DIR --category grid --sweep --made 5 --out FILE    on made defects
    python benchmarks/restoration.py RUN --data DIR --category grid --patches --out FILE.npz  patches and their copies
"""
import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from about import csv_text, few_of_each, read_rows
from image_scores import drawn, evenly, painted
from patchad_nb.core import PATCH_SIZE, write_text
from patchad_nb.data import Category
from patchad_nb.dense import pad_image
from patchad_nb.experiment import pick_device
from patchad_nb.prior import resample, split_images
from patchad_nb.restoration import SETTINGS, RestorationDetector, compare_settings, ssim_patch


FIXED = dict(tau=.05, tau_as='quantile', mode='fixed', draws=1)
MOVING = FIXED | dict(mode='moving')


def sweep(stride):
    "Settings that change one thing at a time: mode, threshold, number of draws and stride."
    settings = {name: SETTINGS[name] for name in ('plain SSIM', 'paper', 'paper, fixed')}
    for tau in (.01, .02, .05, .1, .2, .4): settings[f'fixed, quantile {tau:g}'] = FIXED | dict(tau=tau)
    for tau in (.01, .05, .1): settings[f'moving, quantile {tau:g}'] = MOVING | dict(tau=tau)
    for tau in (.005, .001): settings[f'moving, probability {tau:g}'] = SETTINGS['paper'] | dict(tau=tau)
    settings['fixed, quantile 0.05, 3 draws'] = FIXED | dict(draws=3)
    settings[f'fixed, quantile 0.05, stride {stride // 2}'] = FIXED | dict(stride=stride // 2)
    return settings


@dataclass
class MadeSample:
    "A normal image with a defect that a program has made, in place of a test sample."
    picture: torch.Tensor                                  # uint8 (3,H,W)
    truth: np.ndarray                                      # bool (H,W)
    defect: str

    def image(self): return self.picture

    def mask(self): return self.truth


def made_samples(images, n):
    "Defects of chapter 11c and of chapter 01b on n of the images that the prior has not learned from."
    last = len(images) - max(1, round(.1 * len(images)))   # as `split_images`
    held_out = evenly([images[i] for i in range(last, len(images))], n)
    return [MadeSample(picture, truth, name) for name, make in (('drawn', drawn), ('painted', painted))
            for picture, truth in make(held_out)]


def shown_patches(detector, category, seed, n=8):
    "The middle of the defect of the first n defective images, and as many patches of held-out normal ones."
    patches = []
    for sample in [s for s in category.samples if s.defect != 'good'][:n]:
        places = np.argwhere(sample.mask())
        r, c = places[len(places) // 2]
        patches.append(pad_image(sample.image())[:, r:r + PATCH_SIZE, c:c + PATCH_SIZE].float() / 255)
    sampler = detector.network.sampler(category.train_images, seed, progress=False)
    _, held_out = split_images(sampler)
    return torch.cat([torch.stack(patches), sampler[held_out[::len(held_out) // n][:n]]])


@torch.inference_mode()
def copies(detector, category, seed):
    "Arrays: patches as uint8, and what each setting makes of them, its share of new codes and its SSIM."
    patches = shown_patches(detector, category, seed)
    arrays = {'original': (patches * 255).round().to(torch.uint8)}
    model = detector.network.model
    codes = model.quantizer.codes(model.encoder(patches))  # (n,17,17)
    chosen = {'plain SSIM': SETTINGS['plain SSIM'], 'paper': SETTINGS['paper'], 'fixed, quantile 0.05': FIXED}
    for name, changes in chosen.items():
        variant = detector.variant(**changes)
        restored, new = resample(codes.flatten(1), variant.prior, variant.limit, variant.params()['mode'], seed)
        decoded = model.decoder(model.quantizer.lookup(restored.view_as(codes)))
        arrays[f'{name}/picture'] = (decoded.clamp(0, 1) * 255).round().to(torch.uint8)
        arrays[f'{name}/new'] = new.float().mean(1)
        arrays[f'{name}/ssim'] = ssim_patch(patches, decoded)
    return arrays


def arguments():
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--settings', nargs='+', choices=list(SETTINGS), default=list(SETTINGS), metavar='NAME',
                   help=f"some of: {', '.join(SETTINGS)}")
    p.add_argument('--sweep', action='store_true', help='one thing at a time instead')
    p.add_argument('--only', nargs='+', metavar='NAME', help='of the sweep, some of its settings')
    p.add_argument('--patches', action='store_true', help='write patches and their copies instead')
    p.add_argument('--images', type=int, help='at most so many test images of each type')
    p.add_argument('--made', type=int, metavar='N', help='not on the test images, but on N held-out normal ones with '
                   'a drawn and N with a painted defect')
    p.add_argument('--device', default='auto')
    p.add_argument('--out', required=True)
    return p.parse_args()


def main():
    "Measure, and write after every setting; what the file already holds is not measured again."
    a = arguments()
    folder = Path(a.run)/'models'/a.category/'vq_restore'/f'seed{a.seed}'
    detector = RestorationDetector.load(folder, pick_device(a.device))
    category = Category(a.data, a.category)
    category.samples = few_of_each(category.samples, a.images)
    if a.made: category.samples = made_samples(category.train_images, a.made)
    if a.patches:
        np.savez_compressed(a.out, **copies(detector, category, a.seed))
        return
    stride = detector.params()['stride']
    settings = sweep(stride) if a.sweep else {name: SETTINGS[name] for name in a.settings}
    if a.only: settings = {name: settings[name] for name in a.only}
    rows = read_rows(a.out)
    done = {row['setting'] for row in rows}
    for name in [name for name in settings if name not in done]:
        rows += compare_settings(detector, category, {name: settings[name]}, a.seed)
        write_text(a.out, csv_text(rows))


if __name__ == '__main__': main()
