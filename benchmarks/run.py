"""The benchmarks of the chapters, each a ratio within one run, as one JSON file.

    python benchmarks/run.py                          on the CPU
    python benchmarks/run.py --device cuda --out results/benchmarks_cuda.json
"""
import argparse, datetime, importlib.metadata, json, os, platform

import torch

from patchad_nb.autoencoder import benchmark_training
from patchad_nb.dense import benchmark_dense
from patchad_nb.metrics import benchmark_metrics
from patchad_nb.ocsvm import benchmark_ocsvm
from patchad_nb.report import write_text
from patchad_nb.vq import benchmark_vq

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument('--device', default='cpu', help='cpu or cuda')
p.add_argument('--out', default='results/benchmarks_cpu.json')
a = p.parse_args()

cuda = a.device.startswith('cuda')
machine = torch.cuda.get_device_name(a.device) if cuda else f'{os.cpu_count()} cores, {platform.machine()}, {torch.get_num_threads()} threads'
results = dict(
    command=f'python benchmarks/run.py --device {a.device}', date=datetime.date.today().isoformat(), machine=machine, seed=0,
    versions={n: importlib.metadata.version(n) for n in ('patchad_nb', 'torch', 'numpy', 'scikit-learn')},
    metrics=benchmark_metrics(),                                             # five areas against AUROC + AP of scikit-learn
    dense=benchmark_dense(n_loop=20_000 if cuda else 4000, batch_size=2000 if cuda else 100, device=a.device),   # whole map against the loop
    training=benchmark_training(steps=50, device=a.device),                  # our sampler against a DataLoader
    vq=benchmark_vq(n_loop=20_000 if cuda else 2000, batch_size=2000 if cuda else 100, device=a.device),         # each position quantized once, against patch by patch
    ocsvm=benchmark_ocsvm(device=a.device))                                  # image to map, against encoding patches and scikit-learn
text = json.dumps(results, indent=1)
write_text(a.out, text + '\n')
print(text)
