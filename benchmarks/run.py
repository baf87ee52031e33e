"""The benchmarks of the chapters, each a ratio within one run, as one JSON file.

    python benchmarks/run.py                          on the CPU
    python benchmarks/run.py --only prior             some of them, into a file that is there
    python benchmarks/run.py --device cuda --out results/benchmarks_cuda.json
"""
import argparse, datetime, importlib.metadata, json, os, platform
from pathlib import Path

import torch

from patchad_nb.benchmarks import benchmark_dense, benchmark_metrics, benchmark_ocsvm, benchmark_prior, benchmark_resample, benchmark_restoration, benchmark_training, benchmark_vq
from patchad_nb.core import write_text

def benchmarks(device, cuda):
    "Name -> a function that measures."
    size = dict(blocks=8, heads=8, width=256, hidden=512) if cuda else {}                # the paper's prior, or that of the preset `quick`
    return {
        'metrics': lambda: benchmark_metrics(),                                          # five areas against AUROC + AP of scikit-learn
        'dense': lambda: benchmark_dense(n_loop=20_000 if cuda else 4000, batch_size=2000 if cuda else 100, device=device),   # whole map against the loop
        'training': lambda: benchmark_training(steps=50, device=device, compile='inductor'),   # our sampler against a DataLoader, and compiled against not
        'vq': lambda: benchmark_vq(n_loop=20_000 if cuda else 2000, batch_size=2000 if cuda else 100, device=device),         # each position quantized once, against patch by patch
        'ocsvm': lambda: benchmark_ocsvm(device=device),                                 # image to map, against encoding patches and scikit-learn
        'resample': lambda: [benchmark_resample(4000 if cuda else 128, share, **size, device=device) for share in (.1, .5)],  # cached against uncached, early exit on and off
        'prior': lambda: benchmark_prior(4000 if cuda else 256, 100 if cuda else 25, 20, **size, device=device),              # codes per second, and the share of the device's rate
        'restoration': lambda: benchmark_restoration(1024 if cuda else 256, (16, 8, 4), **size, device=device)}               # seconds per image at three strides

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--device', default='cpu', help='cpu or cuda')
    p.add_argument('--only', nargs='+', metavar='NAME', default=[], help='measure these only, and keep what the file has of the others')
    p.add_argument('--out', help='by default results/benchmarks_cpu.json or results/benchmarks_cuda.json')
    a = p.parse_args()
    cuda = a.device.startswith('cuda'); out = Path(a.out or f"results/benchmarks_{'cuda' if cuda else 'cpu'}.json")
    known = benchmarks(a.device, cuda)
    if wrong := set(a.only) - set(known): p.error(f"no such benchmark: {', '.join(sorted(wrong))}; choose from {', '.join(known)}")
    results = json.loads(out.read_text(encoding='utf-8')) if a.only and out.exists() else {}
    for name in a.only or known:
        about = dict(command=f'python benchmarks/run.py --device {a.device}' + (f' --only {name}' if a.only else ''), date=datetime.date.today().isoformat(), seed=0,
                     machine=torch.cuda.get_device_name(a.device) if cuda else f'{os.cpu_count()} cores, {platform.machine()}, {torch.get_num_threads()} threads',
                     versions={n: importlib.metadata.version(n) for n in ('patchad_nb', 'torch', 'numpy', 'scikit-learn')})
        results[name] = known[name]()
        results.setdefault('measured', {})[name] = about
        write_text(out, json.dumps(results, indent=1) + '\n')
        print(name, json.dumps(results[name], indent=1), flush=True)

if __name__ == '__main__': main()
