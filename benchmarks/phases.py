"""Seconds of each phase of a preset on one category, and what it needs, as one JSON file: where does the time go?

    python benchmarks/phases.py --preset quick --out results/phases_cpu.json                        procedural wood
    python benchmarks/phases.py --preset paper --device cuda --data DIR --category wood --out results/phases_cuda.json
    python benchmarks/phases.py --preset quick --profile training --out results/profile_cpu.json    by operation

Training phases are timed on one epoch and multiplied by the number of epochs; scoring phases on `--images` images and
given per image.

Operations and bytes are counted as benchmarks/work.py says, on one batch or one image, and multiplied. A training needs
three times its forward pass. A kernel matrix needs a product for each pair of latents. Whatever is only copied is read
once and written once, images as bytes; score maps and masks are read once for their metrics.
"""
import argparse
import tempfile
from contextlib import nullcontext

import torch
from torch.profiler import ProfilerActivity, profile

from about import about, write_json
from patchad_nb.core import PATCH_SIZE, shuffled
from patchad_nb.data import Category
from patchad_nb.detector import sample_masks
from patchad_nb.metrics import metrics_by_defect
from patchad_nb.patches import PatchLatents
from patchad_nb.presets import PRESETS, change_settings, make_detector
from patchad_nb.prior import PatchCodes, code_probabilities, probability_quantiles, train_prior
from patchad_nb.textures import TEXTURE_PRESETS, make_category
from patchad_nb.training import train
from work import added, rates, seconds_of, work_of

SCORING = {
    'ae_recons': 'reconstruction error',
    'vq_recons': 'discrete reconstruction error',
    'ae_svm': 'SVM distance',
    'vq_svm': 'SVM distance on codes',
    'vq_restore': 'resampling and SSIM',
    'vq_restore_fixed': 'resampling with a fixed mask and SSIM',
}
JUDGED = 1000                                               # patches that say how probable normal codes are


class Phases:
    "The phases of a run, one method each. Later ones use what earlier ones made."
    def __init__(self, category, settings, device, n_images, strides=()):
        self.category, self.settings, self.device = category, settings, device
        self.strides = strides                                         # of the restoration, besides that of the preset
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
        d.learned = True

    def svm(self, key, base):
        self.new(key).fit(self.category.train_images, progress=False, network=self.detectors[base])

    def codes(self):
        self.patch_codes = PatchCodes(self.detectors['vq_recons'].model, self.sampler, progress=False)

    def prior(self):
        d = self.new('vq_restore')
        d.network, d.prior = self.detectors['vq_recons'], d.make_prior()
        train_prior(d.prior, self.patch_codes, None, epochs=1, batch_size=self.settings['prior_batch'],
                    lr=self.settings['prior_lr'], progress=False)

    def quantiles(self):
        base, d = self.detectors['vq_restore'], self.new('vq_restore_fixed')
        some = shuffled(len(self.patch_codes))[:JUDGED]
        d.network, d.prior = base.network, base.prior
        d.quantiles = probability_quantiles(d.prior, self.patch_codes[some])

    def score(self, key):
        self.maps[key] = [self.detectors[key].score_map(s.image()) for s in self.shown]

    def restore(self, stride):
        key = f'stride {stride}'
        self.detectors[key] = self.detectors['vq_restore'].variant(stride=stride)
        self.score(key)

    def metrics(self):
        maps = self.maps['ae_recons']
        metrics_by_defect(maps, sample_masks(self.shown, maps), [s.defect for s in self.shown])

    def all(self):
        "(name, function, how often its time counts, unit, function that counts its work), in order."
        epochs, per_image = self.settings['epochs'], 1 / len(self.shown)
        need = Needs(self)
        yield 'patch sampling', self.sample, 1, 's', need.sample
        yield 'patch batches', self.batches, epochs, 's', need.batches
        for key, name in {'ae_recons': 'auto-encoder', 'vq_recons': 'discrete auto-encoder'}.items():
            yield f'{name}, training', lambda: self.network(key), epochs, 's', lambda: need.network(key)
        for key, base, name in ('ae_svm', 'ae_recons', 'SVM'), ('vq_svm', 'vq_recons', 'SVM on codes'):
            yield f'{name}, fit', lambda: self.svm(key, base), 1, 's', lambda: need.svm(key)
        yield 'codes of all patches', self.codes, 1, 's', need.codes
        yield 'prior, training', self.prior, self.settings['prior_epochs'], 's', need.prior
        yield 'probabilities of normal codes', self.quantiles, 1, 's', need.quantiles
        for key, name in SCORING.items():
            yield name, lambda: self.score(key), per_image, 's per image', lambda: need.score(key)
        for stride in sorted(self.strides, reverse=True):               # the longest one last
            name = f'resampling and SSIM, stride {stride}'
            yield name, lambda: self.restore(stride), per_image, 's per image', lambda: need.restore(stride)
        yield 'metrics', self.metrics, per_image, 's per image', need.metrics


class Needs:
    "What the phases need: (operations, bytes) of each, in the unit of its time."
    def __init__(self, phases): self.p, self.scored = phases, {}

    def passes(self, f, batch_size, n, times=1):
        "`n` patches in batches; `f` takes the indices of one."
        i = torch.arange(min(batch_size, n))
        return work_of(lambda: f(i), times * n / len(i))

    def sample(self):
        pixels = sum(x.numel() for x in self.p.sampler.images)
        return 0, 2 * pixels                                           # bytes

    def batches(self):
        numbers = len(self.p.sampler) * 3 * PATCH_SIZE**2
        return 0, numbers * (1 + 4) * self.p.settings['epochs']        # from bytes to float32

    def network(self, key):
        p, model = self.p, self.p.detectors[key].model
        batch_size, epochs = p.settings['batch_size'], p.settings['epochs']
        return self.passes(lambda i: model.loss(p.sampler[i]), batch_size, len(p.sampler), 3 * epochs)

    def svm(self, key):
        d = self.p.detectors[key]
        n, sampler = min(self.p.settings['n_train'], len(self.p.sampler)), self.p.sampler
        latents = PatchLatents(d.encode, sampler)
        encoding = self.passes(lambda i: latents[i], latents.batch_size, n, 2)   # to fit, and to see who is outside
        numbers, vectors = d.svm.vectors[0].numel(), len(d.svm.vectors)
        kernel = n**2 * numbers, 4 * n * numbers
        outside = 2 * n * vectors * numbers, 4 * (n + vectors) * numbers
        return added(encoding, kernel, outside)

    def codes(self):
        model, sampler = self.p.detectors['vq_recons'].model, self.p.sampler
        return self.passes(lambda i: model.quantizer.codes(model.encoder(sampler[i])), 250, len(sampler))

    def prior(self):
        p, prior = self.p, self.p.detectors['vq_restore'].prior
        batch_size, epochs = p.settings['prior_batch'], p.settings['prior_epochs']
        return self.passes(lambda i: prior.loss(p.patch_codes[i]), batch_size, len(p.patch_codes), 3 * epochs)

    def quantiles(self):
        p, prior = self.p, self.p.detectors['vq_restore'].prior
        return self.passes(lambda i: code_probabilities(prior, p.patch_codes[i]), 250, min(JUDGED, len(p.patch_codes)))

    def score(self, key):
        image = self.p.shown[-1].image()
        self.scored[key] = work_of(lambda: self.p.detectors[key].score_map(image))
        return self.scored[key]

    def restore(self, stride):
        "In proportion to the number of places."
        places = (self.p.settings['stride'] / stride)**2
        return [places * amount for amount in self.scored['vq_restore']]

    def metrics(self):
        maps = self.p.maps['ae_recons']
        return 0, sum(m.size * (4 + 1) for m in maps) / len(maps)


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


def measure(phases, device, word, clock, without, save):
    "The rows, and what the phases with this word in their name spend their time on; saved after every phase."
    rows, profiles = [], {}
    for name, f, times, unit, need in phases.all():
        if any(other in name for other in without): continue
        watch = watcher(device) if word and word in name else None
        with watch or nullcontext():
            seconds = seconds_of(f, device, clock)
        if watch:
            profiles[name] = operation_shares(watch, device)
            for operation, share in profiles[name].items(): print(f'    {share:6.1%} {operation[:80]}')
        seconds *= times
        operations, moved = map(round, need())
        rows.append({'phase': name, 'seconds': seconds, 'unit': unit, 'operations': operations, 'bytes': moved})
        print(f'{name:38} {seconds:9.3f} {unit}, {operations:.2e} operations, {moved:.2e} bytes', flush=True)
        save(rows, profiles)
    return rows, profiles


def command(a):
    "The command line, without the folder of the data."
    options = {k: v for k, v in vars(a).items() if v and k != 'data'}
    words = [f"--{k} {v if isinstance(v, (str, int)) else ' '.join(map(str, v))}" for k, v in options.items()]
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
    p.add_argument('--strides', type=int, nargs='+', default=[], metavar='N',
                   help="of the restoration, besides the preset's")
    p.add_argument('--without', nargs='+', default=[], metavar='WORD', help='leave out phases with one of these words '
                   'in their name, which no other phase needs: SVM, metrics, stride')
    p.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE')
    p.add_argument('--profile', metavar='WORD', help='add what the phases with this word in their name spend '
                   'their time on, by operation; it slows them down')
    p.add_argument('--clock', choices=['wall', 'processor'], default='wall',
                   help="the processor's leaves out what a busy machine does for others; for one thread")
    p.add_argument('--out')
    return p.parse_args()


def main():
    "The command line."
    a = arguments()
    settings = change_settings(PRESETS[a.preset], a.set)
    with tempfile.TemporaryDirectory() as folder:
        category = open_category(a, folder)
        phases = Phases(category, settings, a.device, a.images, a.strides)
        measured = about(command(a), a.device, clock=a.clock, category=repr(category),
                         procedural=category.procedural)
        limits = rates(a.device, a.clock)
        def save(rows, profiles):
            result = {'measured': measured, 'limits': limits, 'rows': rows}
            if profiles: result['profile'] = profiles
            if a.out: write_json(a.out, result)
        found = measure(phases, a.device, a.profile, a.clock, a.without, save)
        limits |= {name: max(rate, limits[name]) for name, rate in rates(a.device, a.clock).items()}
        save(*found)


if __name__ == '__main__': main()
