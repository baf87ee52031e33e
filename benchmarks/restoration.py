"""What the settings of the restoration change, on one category, with the network and the prior of a run: one CSV file.

    patchad_table1 --data DIR --categories grid --methods vq_recons vq_restore --out RUN
    python benchmarks/restoration.py RUN --data DIR --category grid --out results/grid_quick/restoration.csv
    python benchmarks/restoration.py RUN --data DIR --category grid --sweep --out FILE        one thing at a time
"""
import argparse
from pathlib import Path

from about import csv_text
from patchad_nb.core import write_text
from patchad_nb.data import Category
from patchad_nb.experiment import pick_device
from patchad_nb.restoration import SETTINGS, RestorationDetector, compare_settings


FIXED = dict(tau=.05, tau_as='quantile', mode='fixed', draws=1)
MOVING = FIXED | dict(mode='moving')


def sweep(stride):
    "Settings that change one thing at a time: mode, threshold, number of draws and stride."
    settings = {name: SETTINGS[name] for name in ('plain SSIM', 'paper', 'paper, fixed')}
    for tau in (.01, .02, .05, .1, .2, .4): settings[f'fixed, quantile {tau:g}'] = FIXED | dict(tau=tau)
    for tau in (.01, .05, .1): settings[f'moving, quantile {tau:g}'] = MOVING | dict(tau=tau)
    settings['fixed, quantile 0.05, 3 draws'] = FIXED | dict(draws=3)
    settings[f'fixed, quantile 0.05, stride {stride // 2}'] = FIXED | dict(stride=stride // 2)
    return settings


def few_of_each(samples, n):
    "The first n test images of each type."
    types = dict.fromkeys(s.defect for s in samples)
    return [s for t in types for s in [s for s in samples if s.defect == t][:n]]


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
    p.add_argument('--images', type=int, help='at most so many test images of each type')
    p.add_argument('--device', default='auto')
    p.add_argument('--out', required=True)
    return p.parse_args()


def main():
    "Measure, and write after every row, so that an interrupt keeps what there is."
    a = arguments()
    folder = Path(a.run)/'models'/a.category/'vq_restore'/f'seed{a.seed}'
    detector = RestorationDetector.load(folder, pick_device(a.device))
    category = Category(a.data, a.category)
    if a.images: category.samples = few_of_each(category.samples, a.images)
    stride = detector.params()['stride']
    settings = sweep(stride) if a.sweep else {name: SETTINGS[name] for name in a.settings}
    rows = []
    for row in compare_settings(detector, category, settings, a.seed):
        rows.append(row)
        write_text(a.out, csv_text(rows))


if __name__ == '__main__': main()
