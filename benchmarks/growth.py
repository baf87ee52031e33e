"""How time and memory grow with the size of an image, with the models of a run, and with the number of training images.

    patchad_table1 --categories wood --out RUN
    python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json

Every number is that of a process of its own with one thread, see benchmarks/fresh.py. Larger images are the first test
image, mirrored at its borders. The loop over patches is timed on 1000 patches and multiplied. The training images are
procedural wood, 256 x 256 pixels; behind ten thousand names there are fifty different images. What would take longer
than `--limit` seconds, judged by the size before, is left out.
"""
import argparse
import os
import tempfile
from pathlib import Path

import torch
from PIL import Image

from about import about, write_json
from fresh import CLOCKS, LOOPED, measure
from patchad_nb.data import Category
from patchad_nb.results import METHODS, not_installed
from patchad_nb.surfaces import normal_image

COMMAND = 'python benchmarks/growth.py RUN --data RUN/data --category wood --out results/growth_cpu.json'
SIZES = 256, 512, 1024, 2048, 4096                          # of square images, in pixels
COUNTS = 10, 100, 1000, 10_000                              # training images
DISTINCT = 50
SVM_PATCHES = 10                                            # of each training image
LEARNING = {  # name in the figure: (task, further words, power of the number of images that its time follows)
    'all images read': ('read', (), 1),
    'color distance, fit': ('color', (), 1),
    'batches of one epoch': ('batches', (), 1),
    'auto-encoder, one epoch': ('epoch', (), 1),
    f'SVM, {SVM_PATCHES} patches per image': ('svm', (SVM_PATCHES,), 1.5),
}


def hard_links(folder, n):
    "Procedural images under `n` names."
    for i in range(n):
        path = folder/f'{i:05}.png'
        if i < DISTINCT: Image.fromarray(normal_image('wood', 0, i, size=256)).save(path)
        else: os.link(folder/f'{i % DISTINCT:05}.png', path)


class Growth:
    "Rows of measurements, and those that would have taken too long."
    def __init__(self, limit, clock):
        self.limit, self.clock = limit, clock
        self.rows, self.left_out = [], []

    def add(self, what, method, n, seconds, megabytes):
        self.rows.append({'what': what, 'method': method, 'n': n, 'seconds': seconds, 'megabytes': megabytes})
        print(self.rows[-1], flush=True)

    def series(self, what, method, sizes, power, task, words):
        "A method at all sizes; its time follows this power of the size. `words`: size -> arguments of the task."
        expected = 0
        for n, following in zip(sizes, [*sizes[1:], None]):
            if expected > self.limit:
                self.left_out.append({'what': what, 'method': method, 'n': n, 'expected_seconds': expected})
                print('left out:', self.left_out[-1], flush=True)
            else:
                expected, megabytes = measure(self.clock, task, *words(n))
                self.add(what, method, n, expected, megabytes)
            if following: expected *= (following / n)**power


def image_series(growth, run, category):
    "The methods of which the run has a model, on larger and larger images."
    sample = category.samples[0]
    models = Path(run)/'models'/category.name
    seconds, megabytes = measure(growth.clock, 'loop', models/'ae_recons'/'seed0', sample.path)
    for size in SIZES: growth.add('image', 'loop over patches', size, seconds / LOOPED * size**2, megabytes)
    for method in METHODS:
        folder = models/method/'seed0'
        if not folder.exists() or method in not_installed(): continue
        growth.series('image', method, SIZES, 2, 'score', lambda size: (folder, method, sample.path, size))


def learning_series(growth, folder):
    "What learns or is learned from, with more and more images."
    hard_links(folder, max(COUNTS))
    for name, (task, more, power) in LEARNING.items():
        growth.series('images', name, COUNTS, power, task, lambda n: (folder, n, *more))


def main():
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('run', help='folder of a finished run of patchad_table1')
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', required=True)
    p.add_argument('--limit', type=float, default=60., help='what would take more seconds is left out')
    p.add_argument('--clock', choices=list(CLOCKS), default='wall', help='see benchmarks/fresh.py')
    p.add_argument('--out', required=True)
    a = p.parse_args()
    torch.set_num_threads(1)                                # as in the measured processes
    growth = Growth(a.limit, a.clock)
    image_series(growth, a.run, Category(a.data, a.category))
    with tempfile.TemporaryDirectory() as folder: learning_series(growth, Path(folder))
    command = COMMAND + f' --limit {a.limit:g} --clock {a.clock}'
    measured = about(command, limit_seconds=a.limit, clock=a.clock)
    write_json(a.out, {'measured': measured, 'left_out': growth.left_out, 'rows': growth.rows})


if __name__ == '__main__': main()
