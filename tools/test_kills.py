#!/usr/bin/env python
"""Kill `patchad_table1`, `patchad_score` and `patchad_fit` at random moments and go on: the same numbers, and nothing
left over. The table is made by one process, and with kills by two.

  test_kills.py [--kills 10] [--seed 0]"""
import argparse, os, random, shutil, signal, subprocess, sys, tempfile, time
from pathlib import Path

import numpy as np

from patchad_nb.results import METRICS, read_results

METHODS = 'color', 'ae_recons', 'ae_svm'
SETTINGS = 'epochs=4', 'patches_per_image=60', 'n_train=150'
TABLE = ('patchad_table1', '--methods', *METHODS, '--categories', 'wood', '--images', '6', '--seeds', '0', '1', '2',
         '--set', *SETTINGS)
IMPORTS = 2.  # seconds: nothing of interest happens before


def start(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def killed(command, wait):
    "Start a command and kill it after so many seconds. Was it still at work?"
    process = start(command)
    time.sleep(wait)
    alive = process.poll() is None
    if alive: process.send_signal(signal.SIGKILL)
    text, _ = process.communicate()
    assert alive or process.returncode == 0, text
    return alive


def finished(command):
    "Do a command to its end. How many seconds did it take?"
    began = time.perf_counter()
    process = start(command)
    text, _ = process.communicate()
    assert process.returncode == 0, text
    return time.perf_counter() - began


def names(folder): return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob('*') if p.is_file())


def numbers(out):
    rows = read_results(Path(out)/'results.csv')
    return [(r['method'], r['seed'], r['defect'], *(r[m] for m in METRICS)) for r in rows]


def interrupt(command, rng, kills, seconds):
    "Kill a command so many times, which takes so many seconds when nobody does; fewer where it has finished before."
    longest = 1.5 * (seconds - IMPORTS) / kills
    for done in range(kills):
        if not killed(command, IMPORTS + rng.uniform(0, longest)): return done
    finished(command)
    return kills


def many_images(source, folder, n=120):
    "Copies of images under many names."
    Path(folder).mkdir()
    found = sorted(Path(source).iterdir())
    for i in range(n): shutil.copy(found[i % len(found)], f'{folder}/{i:03}.png')


def same_maps(a, b):
    "Every score map is the same, bit for bit."
    for path in sorted(Path(a).rglob('*.npy')):
        np.testing.assert_array_equal(np.load(path), np.load(Path(b)/path.relative_to(a)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--seed', type=int, default=0)
    a = parser.parse_args()
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    rng = random.Random(a.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = f'{folder}/whole', f'{folder}/parts'
        seconds = finished([*TABLE, '--out', whole])
        n = interrupt([*TABLE, '--out', parts, '--resume', '--processes', '2'], rng, a.kills, seconds)
        assert numbers(parts) == numbers(whole)
        assert names(parts) == names(whole), set(names(parts)) ^ set(names(whole))
        print(f'patchad_table1: killed {n} times, same numbers, nothing left over')
        many_images(f'{whole}/data/wood/train/good', f'{folder}/images')
        score = ['patchad_score', whole, f'{folder}/images', '--method', 'ae_recons', '--seed', '0']
        seconds = finished([*score, '--out', f'{folder}/maps'])
        n = interrupt([*score, '--out', f'{folder}/again'], rng, a.kills, seconds)
        assert names(f'{folder}/again') == names(f'{folder}/maps')
        same_maps(f'{folder}/maps', f'{folder}/again')
        print(f'patchad_score: killed {n} times, same maps, nothing left over')
        fit = ['patchad_fit', f'{whole}/data/wood/train/good', '--set', 'drawn_epochs=12', 'drawn_crops=32']
        seconds = finished([*fit, '--out', f'{folder}/model'])
        n = interrupt([*fit, '--out', f'{folder}/model_again'], rng, a.kills, seconds)
        assert names(f'{folder}/model_again') == names(f'{folder}/model') == ['inspector.json', 'model.safetensors']
        for name in names(f'{folder}/model'):
            assert (Path(folder)/'model'/name).read_bytes() == (Path(folder)/'model_again'/name).read_bytes(), name
        print(f'patchad_fit: killed {n} times, same model, nothing left over')


if __name__ == '__main__': sys.exit(main())
