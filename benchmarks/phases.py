"""Seconds of each phase of a preset on one category, as one JSON file: where does the time go?

    python benchmarks/phases.py --preset quick --out results/phases_cpu.json                        procedural wood
    python benchmarks/phases.py --preset paper --device cuda --data DIR --category wood --out results/phases_cuda.json
    python benchmarks/phases.py --preset quick --profile training --out results/profile_cpu.json    by operation

Training phases are timed on one epoch and multiplied by the number of epochs; scoring phases on `--images` images and
given per image.
"""
import argparse
import tempfile
from contextlib import nullcontext

from torch.profiler import ProfilerActivity, profile

from about import about, write_json
from patchad_nb.core import time_once
from patchad_nb.data import Category
from patchad_nb.detector import sample_masks
from patchad_nb.metrics import metrics_by_defect
from patchad_nb.presets import PRESETS, change_settings, make_detector
from patchad_nb.prior import PatchCodes, train_prior
from patchad_nb.textures import TEXTURE_PRESETS, make_category
from patchad_nb.training import train

SCORING = {
    'ae_recons': 'reconstruction error',
    'vq_recons': 'discrete reconstruction error',
    'ae_svm': 'SVM distance',
    'vq_svm': 'SVM distance on codes',
    'vq_restore': 'resampling and SSIM',
}


class Phases:
    "The phases of a run, one method each. Later ones use what earlier ones made."
    def __init__(self, category, settings, device, n_images):
        self.category, self.settings, self.device = category, settings, device
        self.shown = category.samples[-n_images:]                      # defective ones
        self.detectors, self.maps = {}, {}

    def new(self, key):
        "A detector that is not fitted."
        self.detectors[key] = make_detector(key, self.settings, self.device)
        return self.detectors[key]

    def sample(self):
        detector = make_detector('ae_recons', self.settings, self.device)
        self.sampler = detector.sampler(self.category.train_images, 0, False)

    def batches(self):
        for _ in self.sampler.batches(self.settings['batch_size']): pass

    def network(self, key):
        d = self.new(key)
        d.model = d.make_model().to(self.device)
        d.history = train(d.model, self.sampler, epochs=1, batch_size=self.settings['batch_size'],
                          lr=self.settings['lr'], progress=False)

    def svm(self, key, base):
        self.new(key).fit(self.category.train_images, progress=False, network=self.detectors[base])

    def codes(self):
        self.patch_codes = PatchCodes(self.detectors['vq_recons'].model, self.sampler, progress=False)

    def prior(self):
        d = self.new('vq_restore')
        d.network, d.prior = self.detectors['vq_recons'], d.make_prior()
        train_prior(d.prior, self.patch_codes, None, epochs=1, batch_size=self.settings['prior_batch'],
                    lr=self.settings['prior_lr'], progress=False)

    def score(self, key):
        self.maps[key] = [self.detectors[key].score_map(s.image()) for s in self.shown]

    def metrics(self):
        maps = self.maps['ae_recons']
        metrics_by_defect(maps, sample_masks(self.shown, maps), [s.defect for s in self.shown])

    def all(self):
        "(name, function, how often its time counts, unit), in order."
        epochs, per_image = self.settings['epochs'], 1 / len(self.shown)
        yield 'patch sampling', self.sample, 1, 's'
        yield 'patch batches', self.batches, epochs, 's'
        yield 'auto-encoder, training', lambda: self.network('ae_recons'), epochs, 's'
        yield 'discrete auto-encoder, training', lambda: self.network('vq_recons'), epochs, 's'
        yield 'SVM, fit', lambda: self.svm('ae_svm', 'ae_recons'), 1, 's'
        yield 'SVM on codes, fit', lambda: self.svm('vq_svm', 'vq_recons'), 1, 's'
        yield 'codes of all patches', self.codes, 1, 's'
        yield 'prior, training', self.prior, self.settings['prior_epochs'], 's'
        for key, name in SCORING.items():
            yield name, lambda: self.score(key), per_image, 's per image'
        yield 'metrics', self.metrics, per_image, 's per image'


def watcher(device):
    "A profiler for this device."
    activities = [ProfilerActivity.CPU]
    if device.startswith('cuda'): activities.append(ProfilerActivity.CUDA)
    return profile(activities=activities)


def operation_shares(watch, device):
    "The eight operations that took most of the time, and their shares of it."
    cuda = device.startswith('cuda')
    times = {o.key: o.self_device_time_total if cuda else o.self_cpu_time_total for o in watch.key_averages()}
    longest = sorted(times.items(), key=lambda kt: -kt[1])[:8]
    total = sum(times.values())
    return {name: t / total for name, t in longest}


def measure(phases, device, word):
    "The rows, and what the phases with this word in their name spend their time on."
    rows, profiles = [], {}
    for name, f, times, unit in phases.all():
        watch = watcher(device) if word and word in name else None
        with watch or nullcontext():
            seconds, _ = time_once(f, device)
        if watch:
            profiles[name] = operation_shares(watch, device)
            for operation, share in profiles[name].items(): print(f'    {share:6.1%} {operation[:80]}')
        rows.append({'phase': name, 'seconds': seconds * times, 'unit': unit})
        print(f"{name:32} {rows[-1]['seconds']:9.3f} {unit}", flush=True)
    return rows, profiles


def command(a):
    "The command line, without the folder of the data."
    options = {k: v for k, v in vars(a).items() if v and k != 'data'}
    words = [f"--{k} {v if isinstance(v, (str, int)) else ' '.join(v)}" for k, v in options.items()]
    if a.data: words.append('--data DIR')
    return ' '.join(['python benchmarks/phases.py', *words])


def open_category(a, folder):
    "The category to measure on; without data, procedural images are drawn into the folder."
    if a.data: return Category(a.data, a.category)
    settings = TEXTURE_PRESETS[a.preset][a.category]
    return Category(make_category(folder, a.category, **settings, progress=False))


def arguments():
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--preset', choices=list(PRESETS), default='quick')
    p.add_argument('--device', default='cpu')
    p.add_argument('--data', help='folder with categories; without it, procedural images are drawn')
    p.add_argument('--category', default='wood')
    p.add_argument('--images', type=int, default=3, help='test images to score')
    p.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE')
    p.add_argument('--profile', metavar='WORD', help='add what the phases with this word in their name spend '
                   'their time on, by operation; it slows them down')
    p.add_argument('--out')
    return p.parse_args()


def main():
    "The command line."
    a = arguments()
    settings = change_settings(PRESETS[a.preset], a.set)
    with tempfile.TemporaryDirectory() as folder:
        category = open_category(a, folder)
        phases = Phases(category, settings, a.device, a.images)
        rows, profiles = measure(phases, a.device, a.profile)
        measured = about(command(a), a.device, category=repr(category), procedural=category.procedural)
    result = {'measured': measured, 'rows': rows}
    if profiles: result['profile'] = profiles
    if a.out: write_json(a.out, result)


if __name__ == '__main__': main()
