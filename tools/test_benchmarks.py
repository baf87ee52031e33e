#!/usr/bin/env python
"""Every script in `benchmarks/` still runs, each on a tiny category and a tiny run. Its numbers mean nothing here.

  test_benchmarks.py [--only drawn pair]"""
import argparse, inspect, os, subprocess, sys, tempfile
from pathlib import Path
from unittest import mock

from patchad_nb.drawn import DrawnDetector
from patchad_nb.textures import make_category

HOME = Path(__file__).resolve().parent.parent/'benchmarks'
METHODS = ('color', 'ae_recons', 'vq_recons', 'ae_svm', 'vq_svm', 'vq_restore', 'vq_restore_fixed', 'memory', 'drawn',
           'drawn_svm')
TINY = dict(drawn_epochs=1, drawn_crops=16, drawn_batch=8, drawn_crop=64)
SETTINGS = 'epochs=1', 'patches_per_image=10', 'n_train=40', 'stride=64', *(f'{k}={v}' for k, v in TINY.items())
OF_A_RUN = {  # script -> options of each call, besides RUN and the data
    'cost': [[]],
    'growth': [['--limit', '.5']],
    'image_scores': [['--methods', 'color', 'drawn', '--images', '1']],
    'pair': [[]],
    'restoration': [['--images', '1'], ['--images', '1', '--made', '1'], ['--patches']],
    'svm': [['--images', '1']],
}
OF_DATA = {'contrast': [[]]}
ALONE = {
    'phases': [['--images', '1', '--strides', '128', '--set', 'patches_per_image=5', 'n_train=40', 'stride=64'],
               ['--images', '1', '--profile', 'prior, training', '--clock', 'processor', '--without', 'SVM', 'stride',
                '--set', 'patches_per_image=5', 'stride=128']],
    'run': [['--only', 'single_query', 'drawn']],
}
OF_DRAWINGS = (['--only', 'recipe', 'short', 'three scales'], ['--transfer'], ['--smoothing'], ['--sizes'],
               ['--sizes', '--networks', 'one', '--set', 'drawn_most=2'], ['--sizes', '--picture', 'hole'],
               ['--opinions', '--set', 'drawn_most=2'], ['--opinions', '--picture', 'hole'])
SUFFIX = {'phases': '.json', 'run': '.json', 'growth': '.json', 'svm': ''}
CALLS = OF_A_RUN | OF_DATA | ALONE
KNOWN = [*CALLS, 'drawn']


def finished(command):
    "Do a command to its end."
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f'{" ".join(map(str, command))}\n{done.stdout}'


def written(out):
    "There is something in this file or folder."
    files = [out] if out.is_file() else [*out.iterdir()]
    assert files and all(f.stat().st_size for f in files), f'{out} is empty'


def script(name, arguments, out):
    finished([sys.executable, HOME/f'{name}.py', *arguments, '--out', out])
    written(out)
    print(f'benchmarks/{name}.py', *arguments[-2:], flush=True)


def with_defaults(f, **changes):
    "A function's arguments have other default values for a while."
    named = [p for p in inspect.signature(f).parameters.values() if p.default is not p.empty]
    return mock.patch.object(f, '__defaults__', tuple(changes.get(p.name, p.default) for p in named))


def drawings(data, folder):
    "The settings of the drawn defects, each in less than no time."
    sys.path.insert(0, str(HOME))
    import drawn
    common = ['drawn.py', '--data', str(data), '--category', 'wood', '--checkpoints', str(folder)]
    for k, options in enumerate(OF_DRAWINGS):
        out = folder/f'drawn{k}{".npz" if "--picture" in options else ".csv"}'
        with with_defaults(DrawnDetector.__init__, **TINY), mock.patch.object(drawn, 'SIZES', (64, 96)):
            with mock.patch.object(sys, 'argv', [*common, *options, '--out', str(out)]): drawn.main()
        written(out)
        print('benchmarks/drawn.py', *options, flush=True)


def scripts():
    "The names of the scripts, which are those files that have a command line."
    return {path.stem for path in HOME.glob('*.py') if 'argparse' in path.read_text(encoding='utf-8')}


def calls(name, data, run, folder):
    "Every call of a script."
    first = [run] if name in OF_A_RUN else []
    if name not in ALONE: first += ['--data', data, '--category', 'wood']
    for k, options in enumerate(CALLS[name]):
        suffix = '.npz' if '--patches' in options else SUFFIX.get(name, '.csv')
        script(name, [*first, *options], folder/f'{name}{k}{suffix}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=KNOWN, default=KNOWN, metavar='NAME')
    chosen = parser.parse_args().only
    assert scripts() == set(KNOWN), f'not tried, or not there: {sorted(scripts() ^ set(KNOWN))}'
    os.environ.setdefault('OMP_NUM_THREADS', '1')
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data, run = folder/'data', folder/'run'
        make_category(data, 'wood', size=128, n_train=12, n_good=2, n_defective=2, progress=False)
        if set(chosen) & set(OF_A_RUN):
            finished(['patchad_table1', '--data', data, '--categories', 'wood', '--methods', *METHODS, '--out', run,
                      '--set', *SETTINGS])
        for name in chosen:
            if name == 'drawn': drawings(data, folder)
            else: calls(name, data, run, folder)


if __name__ == '__main__': sys.exit(main())
