"""What matters when defects are drawn? One setting at a time, on any categories, real or procedural.

    python benchmarks/drawn.py --data DIR --category NAME --seeds 0 1 2 --out results/drawn.csv
    python benchmarks/drawn.py --data DIR --category NAME --transfer --out results/drawn_transfer.csv
    python benchmarks/drawn.py --data DIR --category NAME --smoothing --seeds 0 1 2 --out results/drawn_smoothing.csv
    python benchmarks/drawn.py --data DIR --category NAME --opinions --seeds 0 1 2 --out results/drawn_opinions.csv
    python benchmarks/drawn.py --data DIR --category NAME --sizes --seeds 0 1 2 --out results/drawn_sizes.csv
    python benchmarks/drawn.py --data DIR --category NAME --sizes --set drawn_most=12 --out FILE
    python benchmarks/drawn.py --data DIR --category NAME --sizes --picture DEFECT --out results/drawn_sizes.npz
    python benchmarks/drawn.py --data DIR --category NAME --opinions --picture DEFECT --out results/drawn_opinions.npz
    python benchmarks/drawn.py --data procedural --category wood --only recipe 'light 0' --out results/drawn.csv

A row for each setting, category and seed: five pixel metrics and the AUROC of images on the test set, which nothing is
chosen by, and numbers that need no test image: how well drawn defects are found, in the light of the training and in
another one, defects of another painter, and how many false alarms there are on normal images. `--transfer` shows
families that were not drawn in training, `--smoothing` maps that are smoothed more and more, `--opinions` what a
network says and how unusual what it sees is, `--sizes` several working sizes and the mean of their maps, both with
`--set` for another recipe. It goes on where it was stopped.
"""
import argparse
import copy
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from sklearn.metrics import average_precision_score, roc_auc_score

from about import csv_text, read_rows
from patchad_nb.core import seeded, write_arrays, write_text
from patchad_nb.data import Category
from patchad_nb.detector import sample_masks, score_samples
from patchad_nb.drawn import FAMILIES, DrawnDefects, DrawnDetector
from patchad_nb.memory import working_image
from patchad_nb.metrics import pixel_metrics
from patchad_nb.presets import change_settings
from patchad_nb.textures import TEXTURES, make_category, place_defect
from patchad_nb.training import train, warm_cosine

PLAIN = dict(drawn_smoothing=0.)
SHORT = PLAIN | dict(drawn_epochs=8)  # the settings are compared with a short training, and maps as they are
HELD_OUT_SEED = 10_007  # exercises that no training has seen


def settings():
    "name -> what is changed, one thing at a time; a list: several networks, whose maps are averaged."
    changes = {'recipe': {}, 'short': SHORT}
    for family in FAMILIES:
        others = [name for name in FAMILIES if name != family]
        changes[f'only {family}'] = SHORT | dict(drawn_families=[family])
        changes[f'without {family}'] = SHORT | dict(drawn_families=others)
    for light in (0., .5, 2.): changes[f'light {light:g}'] = SHORT | dict(drawn_light=light)
    changes['flips'] = SHORT | dict(drawn_flips=True)
    for size in (128, 384): changes[f'size {size}'] = SHORT | dict(drawn_size=size)
    for widths in ((6, 12, 16), (12, 24, 32), (48, 96, 128)):
        changes[f'widths {widths[0]}'] = SHORT | dict(drawn_widths=list(widths))
    for epochs in (4, 20, 30, 60): changes[f'{epochs} epochs'] = PLAIN | dict(drawn_epochs=epochs)
    changes['30 epochs, light 0.5'] = PLAIN | dict(drawn_epochs=30, drawn_light=.5)  # two things
    for most in (2, 12): changes[f'at most {most}'] = SHORT | dict(drawn_most=most)
    changes['three networks'] = [SHORT] * 3
    changes['three scales'] = [SHORT | dict(drawn_size=size) for size in (128, 256, 384)]
    return changes


@torch.inference_mode()
def answers(detector, images, n=96, **changes):
    "Logits and labels of exercises that no training has seen, (n,64,64) each."
    sampler = detector.sampler(images, HELD_OUT_SEED)
    for name, value in changes.items(): setattr(sampler, name, value)
    x = torch.cat(list(sampler.batches(16)))[:n]
    logits = torch.cat([detector.net(part[:, :3]) for part in x.split(16)])[:, 0]
    labels = F.avg_pool2d(x[:, 3:], 2)[:, 0] > .5
    return logits.cpu().numpy(), labels.cpu().numpy()


def average_precision(detector, images, **changes):
    "Of the pixels of drawn defects."
    logits, labels = answers(detector, images, **changes)
    return float(average_precision_score(labels.ravel(), logits.ravel()))


def false_alarms(detector, images, **changes):
    "The share of pixels of normal images above the score that half of the drawn pixels pass."
    logits, labels = answers(detector, images, **changes)
    limit = np.logaddexp(0, np.median(logits[labels]))  # as a score
    maps = [detector.score_map(images[int(i)]) for i in np.linspace(0, len(images) - 1, min(20, len(images)))]
    return float(np.mean([(m > limit).mean() for m in maps]))


def other_paintings(images, factor, n=20):
    "Normal images at the working size with defects of chapter 01b, and their masks."
    kinds = [(surface, defect) for surface, defects in TEXTURES.items() for defect in defects]
    rng = np.random.default_rng(HELD_OUT_SEED)
    painted = []
    for k, i in enumerate(np.linspace(0, len(images) - 1, n).astype(int)):
        small = working_image(images[int(i)], factor).permute(1, 2, 0).numpy()
        row, col = (int(rng.integers(side)) for side in small.shape[:2])
        surface, defect = kinds[k % len(kinds)]
        picture, mask = place_defect(np.ascontiguousarray(small), surface, defect, row, col, area=.01, index=k)
        gray = (small == small[..., :1]).all()
        if gray: picture = np.repeat(picture.mean(2, keepdims=True).astype(np.uint8), 3, 2)
        painted.append((torch.from_numpy(picture).permute(2, 0, 1), mask))
    return painted


def other_painter(detector, images):
    "Average precision of the pixels of defects that chapter 01b has painted on normal images."
    as_it_is = copy.copy(detector)
    as_it_is.factor = 1.
    painted = other_paintings(images, detector.factor)
    maps = [as_it_is.score_map(picture) for picture, _ in painted]
    labels = np.concatenate([mask.ravel() for _, mask in painted])
    return float(average_precision_score(labels, np.concatenate([m.ravel() for m in maps])))


def without_labels(detector, images):
    "What can be known without a single test image."
    every = list(FAMILIES.values())
    return dict(drawn_ap=average_precision(detector, images, families=every, light=1.),
                drawn_ap_other_light=average_precision(detector, images, families=every, light=2.),
                other_painter_ap=other_painter(detector, images),
                false_alarms=false_alarms(detector, images, families=every, light=1.))


def image_auroc(samples, maps):
    "Of the largest score of each image; None where all are good, or none is."
    defective = [s.defect != 'good' for s in samples]
    if len(set(defective)) < 2: return None
    return float(roc_auc_score(defective, [m.max() for m in maps]))


def mean(rows):
    "The mean of numbers by name."
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def mean_maps(several): # of several detectors, a list each
    "The mean map of each image."
    return [np.mean(of_one, 0) for of_one in zip(*several)]


def measure(name, changes, category, seed, folder, device='cpu'):
    "Train and measure: a row. The numbers without labels of several networks are averaged."
    members, seconds = [], 0.
    for k, change in enumerate(changes if isinstance(changes, list) else [changes]):
        detector = DrawnDetector(**change, device=device)
        checkpoint = Path(folder)/f'{category.name}_{name.replace(" ", "_")}_{seed}_{k}.safetensors'
        start = time.process_time()
        detector.fit(category.train_images, seed + 100 * k, checkpoint, progress=False)
        seconds += time.process_time() - start
        members.append(detector)
    scored = [score_samples(detector, category.samples, progress=False) for detector in members]
    maps = mean_maps([maps for maps, _ in scored])
    metrics = pixel_metrics(maps, sample_masks(category.samples, maps))
    known = mean([without_labels(detector, category.train_images) for detector in members])
    return dict(setting=name, category=category.name, seed=seed, device=device, **metrics,
                image_auroc=image_auroc(category.samples, maps), **known,
                loss=members[0].history[-1]['loss'], parameters=sum(d.n_parameters for d in members),
                cpu_seconds=seconds, seconds_per_image=sum(each for _, each in scored))


OWN, OTHERS = ['flat', 'gain', 'warp', 'seamless'], ['piece', 'noise', 'shift', 'blur']
WATCHED = 2, 4, 8, 12, 15, 20, 25, 30  # epochs after which strangers are shown

def transfer(category, seed):
    "Practice on four families, and meet the four others: rows of epochs, and average precision on both."
    detector = DrawnDetector(drawn_families=OWN)
    detector.scale_to(category.train_images)
    images = category.train_images[:40]
    with seeded(seed): detector.net = detector.new_net()
    rows = []
    def meet():
        rows.append({})
        if len(rows) not in WATCHED: return {}
        detector.net.eval()
        for name, families in (('own', OWN), ('others', OTHERS)):
            drawings = [FAMILIES[family] for family in families]
            rows[-1][name] = average_precision(detector, images, families=drawings, light=1.)
        detector.net.train()
        return {}
    sampler = detector.sampler(category.train_images, seed)
    train(detector.net, sampler, epochs=WATCHED[-1], batch_size=16, progress=False, after_epoch=meet,
          optimizer=partial(torch.optim.AdamW, weight_decay=.01), schedule=warm_cosine())
    return [dict(category=category.name, seed=seed, epochs=k) | row for k, row in enumerate(rows, 1) if row]


SMOOTHINGS = 0., 1., 1.5, 2., 3.

def smoothing(category, seed, folder):
    "The recipe, its maps smoothed more and more: rows from drawn defects, from the other painter, from the test set."
    detector = DrawnDetector()
    checkpoint = Path(folder)/f'{category.name}_recipe_{seed}_0.safetensors'
    images = category.train_images
    detector.fit(images, seed, checkpoint, progress=False)
    logits, labels = answers(detector, images, families=list(FAMILIES.values()), light=1.)
    painted = other_paintings(images, detector.factor)
    as_it_is = copy.copy(detector)
    as_it_is.factor = 1.
    rows = []
    for value in SMOOTHINGS:
        detector.settings['drawn_smoothing'] = value  # of both detectors
        scores = [gaussian_filter(one, value / 2) for one in np.logaddexp(0, logits)]  # at half the working size
        drawn = pixel_metrics(scores, list(labels))
        other = pixel_metrics([as_it_is.score_map(x) for x, _ in painted], [mask for _, mask in painted])
        maps, _ = score_samples(detector, category.samples, progress=False)
        test = pixel_metrics(maps, sample_masks(category.samples, maps))
        rows.append(dict(category=category.name, seed=seed, smoothing=value, drawn_auroc30=drawn['auroc30'],
                         other_painter_auroc30=other['auroc30'], **test))
    return rows


WIDE = 6.  # pixels: the answers smoothed by so much, too, since distances are smoother than answers

def opinions_of(detector, image): # -> float32 (H,W) by name
    "What the network says, how unusual what it sees is, and their mean."
    answer, distance = detector.opinions(image)
    more = np.sqrt(WIDE**2 - detector.settings['drawn_smoothing']**2)
    maps = dict(answer=answer, distance=distance, both=detector.normal.mean_opinion([answer, distance]))
    maps['answer, smoothed'] = gaussian_filter(answer, more)
    tensors = {name: torch.from_numpy(scores)[None, None] for name, scores in maps.items()}
    return {name: F.interpolate(x, image.shape[1:], mode='bilinear')[0, 0].numpy() for name, x in tensors.items()}


def fit_opinions(category, seed, folder, changes=(), device='cpu'):
    "The recipe, or another one, with both opinions."
    settings = change_settings(DrawnDetector().params(), [*changes, 'drawn_distance=true'])
    name = '_'.join(['recipe', *changes])
    checkpoint = Path(folder)/f'{category.name}_{name}_{seed}_0.safetensors'
    return DrawnDetector(**settings, device=device).fit(category.train_images, seed, checkpoint, progress=False)


def opinions(category, seed, folder, changes=(), device='cpu'):
    "Both opinions and their mean: rows from the test set and the other painter."
    detector = fit_opinions(category, seed, folder, changes, device)
    as_it_is = copy.copy(detector)
    as_it_is.factor = 1.
    painted = other_paintings(category.train_images, detector.factor)
    on_painted = [opinions_of(as_it_is, picture) for picture, _ in painted]
    on_test = [opinions_of(detector, sample.image()) for sample in category.samples]
    rows = []
    for kind in on_test[0]:
        maps = [found[kind] for found in on_test]
        test = pixel_metrics(maps, sample_masks(category.samples, maps))
        other = pixel_metrics([found[kind] for found in on_painted], [mask for _, mask in painted])
        rows.append(dict(category=category.name, seed=seed, changes=' '.join(changes), score=kind, **test,
                         image_auroc=image_auroc(category.samples, maps),
                         other_painter_aupro30=other['aupro30'], other_painter_auprc=other['auprc']))
    return rows


class InTurns(DrawnDefects):
    "The exercises of several samplers, in turns."
    def __init__(self, samplers):
        first = samplers[0]
        self.samplers, self.n, self.seed, self.device = samplers, first.n, first.seed, first.device

    def make(self, i, epoch=0): return self.samplers[i % len(self.samplers)].make(i, epoch)


def fit_each(detectors, images, seed, checkpoint):
    "Train a network for each working size."
    for detector in detectors:
        size = detector.settings['drawn_size']
        detector.fit(images, seed, f'{checkpoint}_size{size}.safetensors', progress=False)


def fit_one(detectors, images, seed, checkpoint, times=1):
    "Train a single network for all working sizes; `times` as long as the recipe says."
    for detector in detectors: detector.scale_to(images)
    sampler = InTurns([detector.sampler(images, seed) for detector in detectors])
    with seeded(seed): net = detectors[0].new_net()
    recipe = detectors[0].settings
    train(net, sampler, times * recipe['drawn_epochs'], recipe['drawn_batch'], recipe['drawn_lr'], progress=False,
          checkpoint=f'{checkpoint}_all_sizes_{times}.safetensors', schedule=warm_cosine(),
          optimizer=partial(torch.optim.AdamW, weight_decay=.01))
    for detector in detectors: detector.net = net


SIZES = 128, 256, 384
NETWORKS = {'each': fit_each, 'one': fit_one, 'longer': partial(fit_one, times=3)}

def sizes(category, seed, folder, networks, changes=(), device='cpu'):
    "The recipe at several working sizes, and the mean of their maps: rows from the test set and the other painter."
    recipe = change_settings(DrawnDetector().params(), changes)
    detectors = [DrawnDetector(**(recipe | dict(drawn_size=size)), device=device) for size in SIZES]
    NETWORKS[networks](detectors, category.train_images, seed, Path(folder)/f'{category.name}_{seed}')
    painted = other_paintings(category.train_images, factor=1.)
    masks = [mask for _, mask in painted]
    on_test = [score_samples(detector, category.samples, progress=False)[0] for detector in detectors]
    on_painted = [[detector.score_map(picture) for picture, _ in painted] for detector in detectors]
    rows = []
    for used in [[k] for k in range(len(SIZES))] + [range(len(SIZES))]:
        maps, other = (mean_maps([scored[k] for k in used]) for scored in (on_test, on_painted))
        test = pixel_metrics(maps, sample_masks(category.samples, maps))
        found = pixel_metrics(other, masks)
        name = ' '.join(str(SIZES[k]) for k in used)
        rows.append(dict(category=category.name, seed=seed, networks=networks, sizes=name,
                         other_painter_aupro30=found['aupro30'], **test))
        if changes: rows[-1] = dict(changes=' '.join(changes)) | rows[-1]
    return rows


def shrunk(x): # float (C,h,w) -> (C,256,256)
    "Means of squares."
    return F.interpolate(x[None].float(), (256, 256), mode='area')[0]


def picture_of_sizes(category, sample, seed, folder):
    "Maps at all sizes, and their mean."
    detectors = [DrawnDetector(drawn_size=size) for size in SIZES]
    fit_each(detectors, category.train_images, seed, Path(folder)/f'{category.name}_{seed}')
    maps = [detector.score_map(sample.image()) for detector in detectors]
    return [*maps, np.mean(maps, 0)]


def picture_of_opinions(category, sample, seed, folder):
    "What the network says, how unusual what it sees is, and both."
    found = opinions_of(fit_opinions(category, seed, folder), sample.image())
    return [found[kind] for kind in ('answer', 'distance', 'both')]


def picture(category, defect, maps_of):
    "The first image with such a defect, its mask, and its maps, each from 0 to 255: arrays by name."
    sample = next(s for s in category.samples if s.defect == defect)
    maps = [shrunk(torch.from_numpy(m)[None])[0].clamp(0) for m in maps_of(category, sample)]
    levels = torch.stack([255 * m / m.max() for m in maps])
    mask = shrunk(torch.from_numpy(sample.mask())[None])[0] > .5
    image = shrunk(sample.image()).round().byte().permute(1, 2, 0)
    found = dict(image=image, mask=mask, maps=levels.round().byte())
    return {f'{category.name}/{name}': x.numpy() for name, x in found.items()}


def find_category(data, name, size):
    "A category on disk, or a procedural one that is made for the time of the measurement."
    if data != 'procedural': return Category(data, name)
    counts = dict(n_train=40, n_good=8, n_defective=6)
    return Category(make_category(tempfile.mkdtemp(), name, size=size, **counts, progress=False))


def main():
    "Measure, and write after every setting; what the file already holds is not measured again."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', required=True, help="folder with categories, or 'procedural'")
    p.add_argument('--category', required=True)
    p.add_argument('--seeds', type=int, nargs='+', default=[0])
    p.add_argument('--only', nargs='+', metavar='NAME', help='some of the settings')
    p.add_argument('--transfer', action='store_true', help='practice on four families, and meet the others')
    p.add_argument('--smoothing', action='store_true', help='smooth the maps of the recipe more and more')
    p.add_argument('--sizes', action='store_true', help='several working sizes, and the mean of their maps')
    p.add_argument('--networks', choices=list(NETWORKS), default='each',
                   help='with --sizes: one for each; one for all; one that practices as long as three')
    p.add_argument('--opinions', action='store_true', help='what a network says, and how unusual what it sees is')
    p.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE', help='with --sizes, --opinions: of the recipe')
    p.add_argument('--picture', metavar='DEFECT', help='with --sizes, --opinions: maps of an image, into an NPZ')
    p.add_argument('--size', type=int, default=256, help='of procedural images, in pixels')
    p.add_argument('--device', default='cpu', help='cpu or cuda')
    p.add_argument('--checkpoints', default=tempfile.gettempdir(), help='a folder')
    p.add_argument('--out', required=True, help='a CSV file')
    a = p.parse_args()
    category = find_category(a.data, a.category, a.size)
    if a.transfer:
        write_text(a.out, csv_text([row for seed in a.seeds for row in transfer(category, seed)]))
        return
    if a.picture:
        earlier = dict(np.load(a.out)) if Path(a.out).exists() else {}
        maps_of = partial(picture_of_opinions if a.opinions else picture_of_sizes,
                          seed=a.seeds[0], folder=a.checkpoints)
        write_arrays(a.out, earlier | picture(category, a.picture, maps_of))
        return
    if a.smoothing or a.sizes or a.opinions:
        for seed in a.seeds:
            same = category, seed, a.checkpoints
            if a.sizes: rows = sizes(*same, a.networks, a.set, a.device)
            elif a.opinions: rows = opinions(*same, a.set, a.device)
            else: rows = smoothing(*same)
            write_text(a.out, csv_text(read_rows(a.out) + rows))
        return
    found = settings()
    for seed in a.seeds:
        for name in a.only or found:
            done = {(row['setting'], row['category'], int(row['seed'])) for row in read_rows(a.out)}
            if (name, category.name, seed) in done: continue
            row = measure(name, found[name], category, seed, a.checkpoints, a.device)
            write_text(a.out, csv_text(read_rows(a.out) + [row]))  # another process may have written


if __name__ == '__main__': main()
