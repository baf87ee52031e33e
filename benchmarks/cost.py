"""What the rows of a run cost, on the same images and machine: parameters, seconds to fit and to score, and memory.

    patchad_table1 --categories wood --out RUN
    python benchmarks/cost.py RUN --data RUN/data --category wood --out results/cost_quick.csv

The seconds are those that the run measured. The memory is measured here: how far a process of its own with one thread
rises above what it holds after the imports, while it loads the model and scores the first test image, see
benchmarks/fresh.py. Linux only.
"""
import argparse
from pathlib import Path

from about import csv_text
from fresh import measure
from patchad_nb.core import write_text
from patchad_nb.data import Category
from patchad_nb.results import TITLES, read_results


def cost(row, folder, image):
    "One row of the table, from one row of a run."
    _, megabytes = measure('wall', 'score', folder, row['method'], image)
    return {
        'method': row['method'],
        'parameters': int(row['parameters']),
        'fit_seconds': f"{row['fit_seconds']:.1f}",
        'score_seconds_per_image': f"{row['score_seconds_per_image']:.3f}",
        'peak_megabytes': f'{megabytes:.0f}',
        'model_megabytes': f"{(folder/'model.safetensors').stat().st_size / 1e6:.2f}",
    }


def rows_of(run, category, seed):
    "The rows of a run that hold all defects of a category, in the order of the table."
    wanted = category, 'all', seed
    rows = [r for r in read_results(run/'results.csv') if (r['category'], r['defect'], r['seed']) == wanted]
    return sorted(rows, key=lambda r: list(TITLES).index(r['method']))


def main():
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', type=Path, help='folder of a finished run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--out', required=True)
    a = p.parse_args()
    image = Category(a.data, a.category).samples[0].path
    models = a.run/'models'/a.category
    rows = [cost(row, models/row['method']/f'seed{a.seed}', image) for row in rows_of(a.run, a.category, a.seed)]
    text = csv_text(rows)
    write_text(a.out, text)
    print(text, end='')


if __name__ == '__main__': main()
