"""Train the small model of procedural wood that ships with the package: a discrete auto-encoder and its prior.

    python tools/make_small_model.py                  into patchad_nb/models/wood
    python tools/make_small_model.py --out DIR        elsewhere

An interrupted call goes on after its last epoch. The file that ships took 17 minutes on one busy core, with
Python 3.11.7 and PyTorch 2.14.1. Its prior knows 29 codes and needs 1.28 bits for a code of the two held-out
images (1.83 after the first epoch, 1.41 after the fourth, 1.30 after the sixth). On patches of six further
normal images: 0.94 bits for a code and, with nothing resampled, an SSIM of 0.76 between a patch and its copy;
with the 5 % quantile in the fixed mode 5.5 % of the codes are resampled (SSIM 0.75), with tau = 0.5 % in the
moving mode 3.3 % (0.74), and with the paper's 5 % 58.1 % (0.42). The file has 978,833 bytes, the settings of
the training and no image.
"""
import argparse
import platform
import tempfile
import time
from pathlib import Path

import torch

from notebooks import ROOT
from patchad_nb.core import shuffled
from patchad_nb.data import Category
from patchad_nb.prior import PatchCodes, code_probabilities, resampled_fraction
from patchad_nb.restoration import RestorationDetector, ssim_patch
from patchad_nb.textures import make_category

IMAGES = dict(size=256, n_train=24, n_good=6, n_defective=0, seed=100)  # other images than those of the chapters
NETWORK = dict(patches_per_image=300, epochs=8, batch_size=25, lr=1e-2)
PRIOR = dict(prior_blocks=2, prior_heads=4, prior_width=64, prior_hidden=128, prior_epochs=8, prior_batch=25,
             prior_lr=3e-3)
WAYS = {
    'nothing resampled': dict(tau=0.),
    'tau = 5 %, moving': dict(),
    'tau = 0.5 %, moving': dict(tau=.005),
    '5 % quantile, fixed': dict(tau_as='quantile', mode='fixed')}


def fit(images, work):
    "The detector; `work` is the folder of what an interrupted call goes on from."
    detector = RestorationDetector(**NETWORK, **PRIOR, stride=16)
    detector.fit(images, seed=0, checkpoint=work/'network')
    return detector.calibrate(images)


def unseen_patches(detector, images, n=300):
    "Patches of images from which nothing was learned, and their codes."
    sampler = detector.network.sampler(images, progress=False)
    some = shuffled(len(sampler))[:n]
    return sampler[some], PatchCodes(detector.network.model, sampler, some, progress=False)


def report(detector, images):
    "What can be known from normal images. No defect has a say in the settings."
    patches, codes = unseen_patches(detector, images)
    p = code_probabilities(detector.prior, codes[slice(None)])
    known = p > 0
    yield f'{len(detector.prior.known)} codes are known, {int((~known).sum())} of {p.numel()} codes are none of them'
    yield f'{-p[known].log2().mean():.2f} bits per code'
    for name, changes in WAYS.items():
        way = detector.variant(**changes)
        share = resampled_fraction(way.prior, codes, way.limit, way.params()['mode'])
        ssim = ssim_patch(patches, way.restore_patches(patches)).mean()
        yield f'{name}: p < {way.limit:.4f}, {share:.1%} of the codes resampled, SSIM {ssim:.2f}'


def clear(work):
    "Remove what an interrupted call would have gone on from."
    for name in 'network', 'network.prior': (work/name).unlink()
    if not any(work.iterdir()): work.rmdir()


def arguments():
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', default=ROOT/'patchad_nb'/'models'/'wood', type=Path, metavar='DIR',
                   help='folder of model.safetensors')
    p.add_argument('--work', default=ROOT/'runs'/'small_model', type=Path, metavar='DIR',
                   help='folder of what an interrupted call goes on from; emptied at the end')
    return p.parse_args()


def main():
    "Train, save, and say how good it is."
    a = arguments()
    torch.set_num_threads(1)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        category = Category(make_category(folder, 'wood', **IMAGES))
        detector = fit(category.train_images, a.work)
        detector.save(a.out)
        print(f'{time.perf_counter() - start:.0f} s, Python {platform.python_version()}, PyTorch {torch.__version__}')
        for numbers in detector.network.history + detector.prior_history: print(numbers)
        for line in report(detector, [s.image() for s in category.samples]): print(line)
    clear(a.work)


if __name__ == '__main__': main()
