"""Seconds of each phase of a preset on one category, as one JSON file: where does the time go?

    python benchmarks/phases.py --preset quick --out results/phases_cpu.json                                          procedural wood
    python benchmarks/phases.py --preset paper --device cuda --data DIR --category wood --out results/phases_cuda.json
    python benchmarks/phases.py --preset quick --profile training --out results/profile_cpu.json                      what phases spend their time on

Training phases are timed on one epoch and multiplied by the number of epochs; scoring phases on `--images` images and given per image.
"""
import argparse, datetime, importlib.metadata, json, os, platform, tempfile, time
from pathlib import Path

import torch

from patchad_nb.training import train
from patchad_nb.data import Category
from patchad_nb.detector import sample_masks
from patchad_nb.presets import change_settings, make_detector, PRESETS
from patchad_nb.metrics import metrics_by_defect
from patchad_nb.prior import PatchCodes, train_prior
from patchad_nb.core import write_text
from patchad_nb.textures import make_category, TEXTURE_PRESETS as TEXTURES

def phases(category, settings, device, n_images):
    "Name -> (function, how often its time counts, unit). In this order: later phases use what earlier ones made."
    s, made = settings, {}
    def sample(): made['sampler'] = make_detector('ae_recons', s, device).sampler(category.train_images, 0, False)
    def batches():
        for x in made['sampler'].batches(s['batch_size']): pass
    def network(key):
        def fit():
            d = made[key] = make_detector(key, s, device); d.model = d.make_model().to(device)
            d.history = train(d.model, made['sampler'], 1, s['batch_size'], s['lr'], progress=False)
        return fit
    def svm(key, base): return lambda: made.update({key: make_detector(key, s, device).fit(category.train_images, progress=False, network=made[base])})
    def codes(): made['codes'] = PatchCodes(made['vq_recons'].model, made['sampler'], progress=False)
    def prior():
        d = made['vq_restore'] = make_detector('vq_restore', s, device); d.network, d.prior = made['vq_recons'], d.make_prior()
        train_prior(d.prior, made['codes'], None, 1, s['prior_batch'], s['prior_lr'], progress=False)
    shown = category.samples[-n_images:]                                   # defective ones
    def score(key): return lambda: made.update({f'maps {key}': [made[key].score_map(x.image()) for x in shown]})
    def metrics(): maps = made['maps ae_recons']; metrics_by_defect(maps, sample_masks(shown, maps), [x.defect for x in shown])
    rows = {'patch sampling': (sample, 1, 's'), 'patch batches': (batches, s['epochs'], 's'),
            'auto-encoder, training': (network('ae_recons'), s['epochs'], 's'), 'discrete auto-encoder, training': (network('vq_recons'), s['epochs'], 's'),
            'SVM, fit': (svm('ae_svm', 'ae_recons'), 1, 's'), 'SVM on codes, fit': (svm('vq_svm', 'vq_recons'), 1, 's'),
            'codes of all patches': (codes, 1, 's'), 'prior, training': (prior, s['prior_epochs'], 's')}
    names = {'ae_recons': 'reconstruction error', 'vq_recons': 'discrete reconstruction error', 'ae_svm': 'SVM distance', 'vq_svm': 'SVM distance on codes', 'vq_restore': 'resampling and SSIM'}
    return rows | {name: (score(key), 1 / n_images, 's per image') for key, name in names.items()} | {'metrics': (metrics, 1 / n_images, 's per image')}

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--preset', choices=list(PRESETS), default='quick'); p.add_argument('--device', default='cpu')
    p.add_argument('--data', help='folder with categories; without it, procedural images are drawn'); p.add_argument('--category', default='wood')
    p.add_argument('--images', type=int, default=3, help='test images to score'); p.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE')
    p.add_argument('--profile', metavar='WORD', help='add what the phases with this word in their name spend their time on, by operation; it slows them down'); p.add_argument('--out')
    a = p.parse_args()
    settings, cuda, rows, profile = change_settings(PRESETS[a.preset], a.set), a.device.startswith('cuda'), [], {}
    with tempfile.TemporaryDirectory() as folder:
        category = Category(a.data, a.category) if a.data else Category(make_category(folder, a.category, **TEXTURES[a.preset][a.category], progress=False))
        for name, (f, times, unit) in phases(category, settings, a.device, a.images).items():
            activities = [torch.profiler.ProfilerActivity.CPU] + [torch.profiler.ProfilerActivity.CUDA] * cuda
            watch = torch.profiler.profile(activities=activities) if a.profile and a.profile in name else None
            start = time.perf_counter()
            if watch:
                with watch: f()
                operations = {o.key: o.self_device_time_total if cuda else o.self_cpu_time_total for o in watch.key_averages()}
                profile[name] = {k: t / sum(operations.values()) for k, t in sorted(operations.items(), key=lambda kt: -kt[1])[:8]}
                for k, share in profile[name].items(): print(f'    {share:6.1%} {k[:80]}')
            else: f()
            if cuda: torch.cuda.synchronize()
            rows.append(dict(phase=name, seconds=(time.perf_counter() - start) * times, unit=unit)); print(f"{name:32} {rows[-1]['seconds']:9.3f} {unit}", flush=True)
        about = dict(command='python benchmarks/phases.py ' + ' '.join(f'--{k} {v if isinstance(v, (str, int)) else " ".join(v)}' for k, v in vars(a).items() if v and k != 'data') + (' --data DIR' if a.data else ''),
                     category=repr(category), procedural=category.procedural, date=datetime.date.today().isoformat(), seed=0,
                     machine=torch.cuda.get_device_name(a.device) if cuda else f'{os.cpu_count()} cores, {platform.machine()}, {torch.get_num_threads()} threads',
                     versions={n: importlib.metadata.version(n) for n in ('patchad_nb', 'torch', 'numpy', 'scikit-learn')})
    if a.out: write_text(a.out, json.dumps({'measured': about, 'rows': rows} | ({'profile': profile} if profile else {}), indent=1) + '\n')

if __name__ == '__main__': main()
