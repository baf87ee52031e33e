"""Two opinions, one thing at a time: the maps of both members, the same smoothed as much as the pair's, and the pair.

    patchad_table1 --data DIR --categories NAME --methods ae_svm drawn drawn_svm --seeds 0 1 2 --out RUN
    python benchmarks/pair.py RUN --data DIR --category NAME --seeds 0 1 2 --out FILE

A row for each seed and map: the pixel metrics on the test set, and the AUPRO30 on defects that chapter 01b has painted
on twenty normal images, for which no test image is asked. It goes on where it was stopped.
"""
import argparse
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from about import csv_text, read_rows
from drawn import other_paintings
from patchad_nb.core import write_text
from patchad_nb.data import Category
from patchad_nb.detector import sample_masks
from patchad_nb.drawn import DrawnDetector, DrawnSVMDetector
from patchad_nb.metrics import pixel_metrics
from patchad_nb.ocsvm import SVMDetector


def pair_of(run, category, seed):
    "The pair of the fitted members of a run."
    folder = Path(run)/'models'/category.name
    members = [cls.load(folder/cls.key/f'seed{seed}') for cls in (SVMDetector, DrawnDetector)]
    return DrawnSVMDetector().fit(category.train_images, seed, progress=False, network=members)


def maps_by_name(pair, pictures):
    "The maps of both members, the same smoothed, and those of the pair, each a list."
    found = {member.key: [member.score_map(x) for x in pictures] for member in pair.members}
    scaled = []
    for key, (low, high) in zip([*found], pair.ranges):
        smooth = [gaussian_filter(m, pair.smoothing) for m in found[key]]
        found[f'{key}, smoothed'] = smooth
        scaled.append([(m - low) / (high - low) for m in smooth])
    return found | {'drawn_svm': [np.mean(two, 0) for two in zip(*scaled)]}


def rows_of(pair, category, seed):
    "A row for each kind of map."
    painted = other_paintings(category.train_images, factor=1.)
    masks = [mask for _, mask in painted]
    practice = {name: pixel_metrics(maps, masks)['aupro30']
                for name, maps in maps_by_name(pair, [picture for picture, _ in painted]).items()}
    rows = []
    for name, maps in maps_by_name(pair, [s.image() for s in category.samples]).items():
        test = pixel_metrics(maps, sample_masks(category.samples, maps))
        rows.append(dict(category=category.name, seed=seed, maps=name, painted_aupro30=practice[name], **test))
    return rows


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--seeds', type=int, nargs='+', default=[0])
    p.add_argument('--out', required=True, help='a CSV file')
    a = p.parse_args()
    category = Category(a.data, a.category)
    for seed in a.seeds:
        if (category.name, seed) in {(row['category'], int(row['seed'])) for row in read_rows(a.out)}: continue
        rows = rows_of(pair_of(a.run, category, seed), category, seed)
        write_text(a.out, csv_text(read_rows(a.out) + rows))  # another process may have written


if __name__ == '__main__': main()
