"""One number per image: how well the mean of the highest share of a score map tells good images from defective ones.

    patchad_table1 --data DIR --categories NAME --out RUN
    python benchmarks/image_scores.py RUN --data DIR --category NAME --out results/NAME_laptop/image_scores.csv

Rows: method, seed, images, defect, share (0: the maximum) and the measures. `images` says on what:
drawn    normal training images, against the same with one drawn defect (the painter of chapter 11c)
painted  the same with a defect of chapter 01b
test     the test images; these decide nothing
"""
import argparse
from itertools import count
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from about import csv_text, few_of_each, read_rows
from patchad_nb.core import write_text
from patchad_nb.data import Category
from patchad_nb.drawn import FAMILIES, draw, random_place
from patchad_nb.metrics import image_metrics
from patchad_nb.presets import load_detector
from patchad_nb.textures import TEXTURES, place_defect

SHARES = 0., .0001, .0003, .001, .003, .01, .03, .1, 1.
N_NORMAL = 24


def summary(score_map):
    "The mean of the highest share of the scores, for each of `SHARES`."
    scores = np.sort(score_map.ravel().astype(np.float64))[::-1]
    counts = [max(1, round(share * len(scores))) for share in SHARES]
    return scores.cumsum()[np.array(counts) - 1] / counts


def evenly(images, n=N_NORMAL):
    "So many of the images, evenly spaced."
    places = np.unique(np.linspace(0, len(images) - 1, min(n, len(images))).astype(int))
    return [images[int(i)] for i in places]


def drawn(images):
    "One drawn defect on each image, of all families in turn: (image, bool mask) of each."
    made = []
    families = list(FAMILIES.values())
    for i, image in enumerate(images):
        rng = np.random.default_rng([0, i])
        crop = image.numpy().astype(np.float32) / 255
        label = np.zeros(crop.shape[1:], bool)
        largest = min(crop.shape[1:]) // 4
        for attempt in count():  # some families change too little on some surfaces: after 20 attempts the next one
            family = families[(i + attempt // 20) % len(families)]
            if draw(rng, random_place(rng, crop, [crop.copy()], largest), family, label): break
        made.append((torch.from_numpy((crop * 255).round().astype(np.uint8)), label))
    return made


def painted(images):
    "One defect of chapter 01b on each image, a thousandth to a fiftieth of the area: (image, bool mask) of each."
    kinds = [(name, defect) for name in TEXTURES for defect in TEXTURES[name]]
    made = []
    for i, image in enumerate(images):
        rng = np.random.default_rng([1, i])
        pixels = image.permute(1, 2, 0).numpy()
        row, col = (int(rng.uniform(.2, .8) * n) for n in pixels.shape[:2])
        area = float(np.exp(rng.uniform(np.log(.001), np.log(.02))))
        picture, mask = place_defect(pixels, *kinds[i % len(kinds)], row, col, area=area, seed=0, index=i)
        made.append((torch.from_numpy(picture).permute(2, 0, 1), mask))
    return made


def rows_of(images, summaries, types):
    "A row for each share, of all images and of each defect type. `types`: 'good' or the type of each image."
    rows, types = [], np.array(types)
    defects = sorted(set(types) - {'good'})
    for k, share in enumerate(SHARES):
        for defect in ['all'] + defects * (len(defects) > 1):
            chosen = np.ones(len(types), bool) if defect == 'all' else np.isin(types, ['good', defect])
            found = image_metrics(summaries[chosen, k], types[chosen] != 'good')
            rounded = {name: round(float(value), 5) for name, value in found.items()}
            rows.append(dict(images=images, defect=defect, share=share) | rounded)
    return rows


def score(detector, images, title):
    "The summary of each image (n,shares)."
    return np.stack([summary(detector.score_map(image)) for image in tqdm(images, desc=title)])


def measure_made(detector, category):
    "Rows of defects that were drawn and painted on normal training images."
    normal = evenly(category.train_images)
    good = score(detector, normal, 'normal')
    rows = []
    for name, make in (('drawn', drawn), ('painted', painted)):
        bad = score(detector, [image for image, _ in make(normal)], name)
        rows += rows_of(name, np.concatenate([good, bad]), ['good'] * len(good) + ['defective'] * len(bad))
    return rows


def measure_test(detector, samples):
    "Rows of the test images; none where all are good, or none is."
    types = [s.defect for s in samples]
    if len({t == 'good' for t in types}) < 2: return []
    return rows_of('test', score(detector, [s.image() for s in samples], 'test'), types)


def arguments():
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--methods', nargs='+', metavar='KEY', help='by default all that the run has')
    p.add_argument('--images', type=int, help='at most so many test images of each type')
    p.add_argument('--only-test', action='store_true', help='leave out what was drawn and painted')
    p.add_argument('--device', default='cpu')
    p.add_argument('--out', required=True)
    return p.parse_args()


def main():
    "Measure, and write after every model; what the file already holds is not measured again."
    a = arguments()
    category = Category(a.data, a.category)
    samples = few_of_each(category.samples, a.images)
    rows = read_rows(a.out)
    done = {(row['method'], row['seed']) for row in rows}
    for path in sorted((Path(a.run)/'models'/a.category).glob('*/seed*/model.safetensors')):
        method, seed = path.parent.parent.name, path.parent.name.removeprefix('seed')
        if (method, seed) in done or (a.methods and method not in a.methods): continue
        detector = load_detector(path.parent, a.device)
        found = [] if a.only_test else measure_made(detector, category)
        found += measure_test(detector, samples)
        rows += [dict(method=method, seed=seed) | row for row in found]
        write_text(a.out, csv_text(rows))


if __name__ == '__main__': main()
