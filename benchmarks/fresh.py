"""A task in a process of its own with one thread: its seconds, and how far the memory rises above the imports.

    from fresh import measure
    seconds, megabytes = measure('wall', 'score', folder, method, image, 1024)

The process is a fork of this one, which has imported everything and has calculated nothing. The seconds are those of
the clock on the wall, or those of the processor, which leave out what a busy machine does for others. Linux only. A
task is a function below: what it does itself is preparation, and the function that it returns is timed.
"""
import multiprocessing
import time
from pathlib import Path

import numpy as np
import torch

from patchad_nb.core import PATCH_SIZE
from patchad_nb.data import Images, load_image
from patchad_nb.detector import ColorDetector
from patchad_nb.ocsvm import LatentOCSVM
from patchad_nb.patches import PatchLatents, PatchSampler
from patchad_nb.presets import PRESETS, make_detector
from patchad_nb.results import METHODS, not_installed
from patchad_nb.training import train

if not not_installed():                                     # imports that would count as memory
    import anomalib.models.image.fastflow.torch_model  # noqa: F401
    import anomalib.models.image.padim.torch_model  # noqa: F401
QUICK = PRESETS['quick']
LOOPED = 1000                                               # patches that the loop is timed on


def mirrored(image, size):
    "A square image of this size: the image, cut or mirrored at its borders."
    n = min(image.shape[1:])
    i = np.pad(np.arange(n), (0, max(0, size - n)), 'symmetric')[:size]
    return image[:, i][:, :, i]


def score(folder, method, path, size=None):
    "Score an image, at another size than its own if one is given."
    image = load_image(path)
    if size: image = mirrored(image, size)
    detector = METHODS[method].load(folder)
    detector.score_map(mirrored(image, 64))                            # warms up
    return lambda: detector.score_map(image)


def loop(folder, path):
    "The loop over patches: the error of each patch's center, for some patches."
    model = METHODS['ae_recons'].load(folder).model
    sampler = PatchSampler([load_image(path)], LOOPED, progress=False)
    center = PATCH_SIZE // 2
    @torch.inference_mode()
    def looped():
        for i in torch.arange(LOOPED).split(100):
            patches = sampler[i]
            (patches - model(patches))[:, :, center, center].square().sum(1)
    return looped


def sampler_of(folder, n, per_image):
    "A sampler of patches of the first `n` images of a folder."
    paths = sorted(Path(folder).iterdir())[:n]
    return PatchSampler(Images(paths), per_image, progress=False)


def read(folder, n):
    "Read images into memory."
    return lambda: sampler_of(folder, n, QUICK['patches_per_image'])


def color(folder, n):
    "Fit the color distance."
    images = Images(sorted(Path(folder).iterdir())[:n])
    return lambda: ColorDetector().fit(images, progress=False)


def batches(folder, n):
    "All patches of an epoch, in batches."
    sampler = sampler_of(folder, n, QUICK['patches_per_image'])
    def all_batches():
        for _ in sampler.batches(QUICK['batch_size']): pass
    return all_batches


def epoch(folder, n):
    "Train the auto-encoder for one epoch."
    sampler = sampler_of(folder, n, QUICK['patches_per_image'])
    model = make_detector('ae_recons', QUICK).make_model()
    return lambda: train(model, sampler, epochs=1, batch_size=QUICK['batch_size'], lr=QUICK['lr'], progress=False)


def svm(folder, n, per_image):
    "Fit the SVM on some patches of each image. The encoder has random weights."
    sampler = sampler_of(folder, n, per_image)
    torch.manual_seed(0)
    encoder = make_detector('ae_recons', QUICK).make_model().eval().encoder
    return lambda: LatentOCSVM(n_train=len(sampler)).fit(PatchLatents(encoder, sampler))


CLOCKS = {'wall': time.perf_counter, 'processor': time.process_time}
TASKS = {f.__name__: f for f in (score, loop, read, color, batches, epoch, svm)}


def status(key):
    "A figure of this process, in KiB."
    return int(next(line for line in open('/proc/self/status') if line.startswith(key)).split()[1])


def run(clock, task, words):
    "Inside the new process."
    torch.set_num_threads(1)
    now = CLOCKS[clock]
    with open('/proc/self/clear_refs', 'w') as f: f.write('5')         # from now on the peak counts anew
    before = status('VmRSS')
    f = TASKS[task](*words)
    start = now()
    kept = f()                                                         # what it makes stays until the peak is read
    seconds = now() - start
    megabytes = (status('VmHWM') - before) * 1024 / 1e6
    del kept
    return seconds, megabytes


def measure(clock, task, *words):
    "(seconds, megabytes) of a task in a process of its own."
    with multiprocessing.get_context('fork').Pool(1) as pool: return pool.apply(run, (clock, task, words))
