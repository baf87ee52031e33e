"""Why is a one-class SVM good on one surface and bad on another? One thing at a time, on one category.

    patchad_table1 --data DIR --categories NAME --preset laptop --methods ae_recons ae_svm --out RUN
    python benchmarks/svm.py RUN --data DIR --category NAME --out results/NAME_laptop

OUT/svm.csv has a row for each setting and defect type, OUT/svm.npz the distance from the mean and the score of normal
and defective patches, and some support vectors as pictures.
"""
import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr

from about import csv_text, few_of_each, read_rows
from patchad_nb.core import PATCH_SIZE, seeded, shuffled, write_text
from patchad_nb.data import Category
from patchad_nb.dense import ReconstructionDetector, dense_map, encode_phases, merge_phases, pad_image
from patchad_nb.detector import Detector, evaluate, score_samples
from patchad_nb.ocsvm import SVMDetector
from patchad_nb.patches import PatchLatents


class MeanDistance:
    "How far the latent of each patch lies from the mean of the normal ones, as a detector: no SVM."
    key, image_share = 'mean distance', Detector.image_share
    def __init__(self, detector, normal, two_sided=False): # normal: latents (N,16,17,17)
        self.encoder, self.tile = detector.network.model.encoder, detector.params()['svm_tile']
        self.mean = normal.mean((0, 2, 3))[:, None, None]  # (16,1,1)
        self.usual = self.of(normal).median() if two_sided else None

    def of(self, z): # (B,16,h,w) -> root mean square over windows of 17 x 17, (B,1,h-16,w-16)
        squared = (z - self.mean).square().mean(1, keepdim=True)
        return F.avg_pool2d(squared, 17, stride=1).sqrt()

    def score(self, x): # (1,3,h,w) -> (h-62,w-62)
        distance = self.of(encode_phases(self.encoder, x))
        if self.usual is not None: distance = (distance - self.usual).abs()
        return merge_phases(distance)[0, 0]

    def diagnostics(self): return {}

    def score_map(self, image): return dense_map(image, self.score, tile=self.tile)


def settings(detector):
    "name -> what is changed, one thing at a time."
    scale = float(detector.svm.scale)
    changes = {'as in the run': {}}
    changes |= {f'gamma x {factor:g}': dict(gamma=factor * scale) for factor in (1 / 4, 4)}
    changes |= {f'{n} patches': dict(n_train=n) for n in (500, 8000)}
    changes |= {f'encoder trained for {n} epochs': dict(epochs=n) for n in (0, 1)}
    return changes


def refitted(detector, category, seed, changes):
    "The detector with other settings; its encoder is made anew only where they ask for it."
    if not changes: return detector
    network = detector.network
    if changes == dict(epochs=0):
        changes, network = {}, ReconstructionDetector(**network.params())
        with seeded(seed): network.model = network.make_model().eval()
        network.learned = True                             # its random weights are wanted
    elif 'epochs' in changes: network = None
    other = SVMDetector(**detector.params() | changes)
    return other.fit(category.train_images, seed, progress=False, network=network)


def normal_latents(detector, category, seed):
    "Patches that the SVM was fitted on, and their latents."
    sampler = detector.network.sampler(category.train_images, seed, progress=False)
    chosen = shuffled(len(sampler), seed)[:detector.params()['n_train']]
    return sampler[chosen], PatchLatents(detector.encode, sampler)[chosen]


def ways(detector, category, seed):
    "name -> function that makes a detector, and score maps of the distance from the mean to compare with."
    normal = normal_latents(detector, category, seed)[1]
    distance, both = MeanDistance(detector, normal), MeanDistance(detector, normal, two_sided=True)
    found = {'distance from the mean': lambda: distance, 'distance from the mean, too far or too near': lambda: both}
    for name, changes in settings(detector).items():
        found[name] = partial(refitted, detector, category, seed, changes)
    return found, score_samples(distance, category.samples)[0]


def rank_correlation(maps, others):
    "The mean over images of the rank correlation of two score maps, on every 16th pixel in each direction."
    return float(np.mean([spearmanr(a[::16, ::16].ravel(), b[::16, ::16].ravel())[0] for a, b in zip(maps, others)]))


def measure(name, detector, category, reference):
    "A row for each defect type: the metrics, and how far the maps agree with the distance from the mean."
    maps, seconds = score_samples(detector, category.samples)
    known = detector.diagnostics()
    for defect, values in evaluate(detector, category, maps).items():
        yield dict(setting=name, defect=defect, **values, rank_correlation=rank_correlation(maps, reference),
                   support_vectors=known.get('support_vectors'), outside=known.get('fraction_outside'),
                   seconds_per_image=seconds)


def defective_patches(category, seed, per_image=20):
    "Patches around random defective pixels: float32 (N,3,63,63), and the defect type of each."
    patches, types = [], []
    rng = np.random.default_rng(seed)
    for sample in category.samples:
        if sample.defect == 'good': continue
        image, places = pad_image(sample.image()).float() / 255, np.argwhere(sample.mask())
        for r, c in places[rng.choice(len(places), per_image)]:
            patches.append(image[:, r:r + PATCH_SIZE, c:c + PATCH_SIZE])
            types.append(sample.defect)
    return torch.stack(patches), np.array(types)


@torch.inference_mode()
def examples(detector, category, seed):
    "Distance from the mean and SVM score of patches; pictures of support vectors, the nearest to the mean first."
    patches, normal = normal_latents(detector, category, seed)
    distance, svm = MeanDistance(detector, normal), detector.svm
    def numbers(z):
        scores = torch.cat([-svm.decision_function(part) for part in z.split(500)]).flatten()
        return np.stack([distance.of(z).flatten(), scores])  # (2,n)
    n_pairs = min(600, len(normal) // 2)
    apart = (normal[:n_pairs] - normal[n_pairs:2 * n_pairs]).square().sum((1, 2, 3))  # squared distances of pairs
    bad, types = defective_patches(category, seed)
    vectors = torch.cdist(svm.vectors.flatten(1), normal.flatten(1)).argmin(1)  # which patches they are
    order = vectors[distance.of(normal[vectors]).flatten().argsort()]
    shown = order[torch.linspace(0, len(order) - 1, 12).long()]
    pictures = (patches[shown] * 255).round().to(torch.uint8)
    return dict(normal=numbers(normal[:600]), defective=numbers(detector.encode(bad)), types=types,
                vectors=numbers(normal[vectors]), kernel=torch.exp(-float(svm.scale) * apart), pictures=pictures)


def main():
    "Measure, and write after every setting; what the file already holds is not measured again."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--only', nargs='+', metavar='NAME', help='some of the settings')
    p.add_argument('--images', type=int, help='at most so many test images of each type')
    p.add_argument('--out', required=True, help='a folder')
    a = p.parse_args()
    category = Category(a.data, a.category)
    category.samples = few_of_each(category.samples, a.images)
    detector = SVMDetector.load(Path(a.run)/'models'/a.category/'ae_svm'/f'seed{a.seed}')
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out/'svm.npz', **examples(detector, category, a.seed))
    rows = read_rows(out/'svm.csv')
    found, reference = ways(detector, category, a.seed)
    done = {row['setting'] for row in rows}
    for name in [name for name in a.only or found if name not in done]:
        rows += measure(name, found[name](), category, reference)
        write_text(out/'svm.csv', csv_text(rows))


if __name__ == '__main__': main()
