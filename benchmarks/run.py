"""The benchmarks of the chapters, each a ratio within one run, as one JSON file.

    python benchmarks/run.py                          on the CPU
    python benchmarks/run.py --only prior             some of them, into a file that is there
    python benchmarks/run.py --device cuda --out results/benchmarks_cuda.json
"""
import argparse
import json
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from unittest import mock

import torch
from torch.nn import functional as F
from torch.nn.attention import sdpa_kernel

from about import about, write_json
from patchad_nb import benchmarks as b
from patchad_nb.core import CODES_PER_PATCH, best_of, seeded, time_once
from patchad_nb.prior import _WITHOUT_PLANS, CodePrior, _attention, code_probabilities, resample


PAPER_PRIOR = {'blocks': 8, 'heads': 8, 'width': 256, 'hidden': 512}
SMALL_PRIOR = {'blocks': 2, 'heads': 4, 'width': 64, 'hidden': 128}


def attention_of_pytorch(kernels, q, k, v): # of all positions to themselves, or of the last one to all
    with sdpa_kernel(kernels) if kernels else nullcontext():
        return F.scaled_dot_product_attention(q, k, v, is_causal=q.shape[2] > 1)


class Benchmarks:
    "One method for each benchmark. A GPU gets more work, and the paper's prior in place of that of the preset `quick`."
    def __init__(self, device):
        self.device = device
        self.cuda = device.startswith('cuda')
        self.prior_size = PAPER_PRIOR if self.cuda else SMALL_PRIOR

    def metrics(self):
        "Five areas against AUROC and AP of scikit-learn, and against ADEval where it is installed."
        return b.benchmark_metrics()

    def metrics_large(self):
        "The same with a test set as large as those of the paper. It takes 7 GB of memory, most of it for scikit-learn."
        return b.benchmark_metrics(n=100, size=1024, repeats=2)

    def dense(self):
        "The whole map against the loop."
        n_loop, batch_size = (20_000, 2000) if self.cuda else (4000, 100)
        return b.benchmark_dense(n_loop=n_loop, batch_size=batch_size, device=self.device)

    def training(self):
        "Our sampler against a DataLoader, and compiled against not."
        return b.benchmark_training(steps=50, device=self.device, compile='inductor')

    def vq(self):
        "Each position quantized once, against patch by patch."
        n_loop, batch_size = (20_000, 2000) if self.cuda else (2000, 100)
        return b.benchmark_vq(n_loop=n_loop, batch_size=batch_size, device=self.device)

    def ocsvm(self):
        "Image to map, against encoding patches and scikit-learn."
        return b.benchmark_ocsvm(device=self.device)

    def resample(self):
        "Cached against uncached, early exit on and off."
        n = 4000 if self.cuda else 128
        return [b.benchmark_resample(n, share, **self.prior_size, device=self.device) for share in (.1, .5)]

    def prior(self):
        "Codes per second, and the share of the device's rate."
        n, batch_size = (4000, 100) if self.cuda else (256, 25)
        return b.benchmark_prior(n, batch_size, steps=20, **self.prior_size, device=self.device)

    def prior_float32(self):
        "The same without bfloat16."
        n, batch_size = (4000, 100) if self.cuda else (256, 25)
        return b.benchmark_prior(n, batch_size, steps=20, **self.prior_size, device=self.device, bf16=False)

    def restoration(self):
        "Seconds per image at three strides."
        size = 1024 if self.cuda else 256
        return b.benchmark_restoration(size, strides=(16, 8, 4), **self.prior_size, device=self.device)

    def prior_and_codes(self):
        "A prior with random weights and codes at random: as many patches as a large image has at stride 16, on a GPU."
        n = 3721 if self.cuda else 64
        with seeded(0):
            prior = CodePrior(**self.prior_size).to(self.device).eval()
            codes = torch.randint(1024, (n, CODES_PER_PATCH))
        return prior, codes.to(self.device)

    def attention(self):
        "All codes resampled by our products and by PyTorch's attention, each for the first time and again. For a GPU."
        prior, codes = self.prior_and_codes()
        code_probabilities(prior, codes[:500])                       # warms up
        ways = {'seconds_products': _attention,
                'seconds_without_cudnn': partial(attention_of_pytorch, _WITHOUT_PLANS),
                'seconds_any': partial(attention_of_pytorch, None)}
        found = {'patches': len(codes)} | {key: [] for key in ways}
        for _ in range(2):
            for key, attention in ways.items():
                with mock.patch('patchad_nb.prior._attention', attention):
                    seconds, _ = time_once(lambda: resample(codes, prior, 1.), self.device)
                found[key].append(seconds)
        return found

    def single_query(self):
        "One query to so many keys, in bfloat16: our products and PyTorch's attention without cuDNN. For a GPU."
        n = 3721 if self.cuda else 8
        found = {'patches': n, 'keys': [50, 150, 280], 'bytes': [], 'seconds_products': [], 'seconds_without_cudnn': []}
        for keys in found['keys']:
            with seeded(0): k, v = torch.randn(2, n, 8, keys, 32, device=self.device, dtype=torch.bfloat16)
            q = k[:, :, :1]
            ways = partial(_attention, q, k, v), partial(attention_of_pytorch, _WITHOUT_PLANS, q, k, v)
            (products, _), (plain, _) = best_of(20, *ways, device=self.device)
            found['bytes'].append(k.nbytes + v.nbytes)
            found['seconds_products'].append(products)
            found['seconds_without_cudnn'].append(plain)
        return found

    def blocks(self, marked=.05):
        "A fixed mask, position by position and in blocks of eight."
        prior, codes = self.prior_and_codes()
        some = code_probabilities(prior, codes).flatten()[:1_000_000]
        tau = float(some.quantile(marked))
        def fixed(block): return resample(codes, prior, tau, 'fixed', block=block)
        both = best_of(2, lambda: fixed(1), lambda: fixed(8), device=self.device)
        (plain, (one, _)), (fast, (eight, _)) = both
        return {'patches': len(codes), 'marked': marked, 'seconds_plain': plain, 'seconds_blocks': fast,
                'ratio': plain / fast, 'equal_codes': float((one == eight).float().mean())}

    def memory(self):
        "Nearest entries of a memory by a matrix product, against scikit-learn."
        return b.benchmark_memory(device=self.device)

    def drawn(self):
        "A score map of the network, and the share of a training step that drawing takes."
        return b.benchmark_drawn(device=self.device)

    def export(self):
        "A file of ONNX in ONNX Runtime, against PyTorch; on the CPU."
        return b.benchmark_export()


KNOWN = [name for name, f in vars(Benchmarks).items() if callable(f) and not name.startswith('_')]


def arguments():
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--device', default='cpu', help='cpu or cuda')
    p.add_argument('--only', nargs='+', metavar='NAME', default=[],
                   help='measure these only, and keep what the file has of the others')
    p.add_argument('--out', help='by default results/benchmarks_cpu.json or results/benchmarks_cuda.json')
    a = p.parse_args()
    if wrong := set(a.only) - set(KNOWN):
        p.error(f"no such benchmark: {', '.join(sorted(wrong))}; choose from {', '.join(KNOWN)}")
    return a


def main():
    "Measure, and write after every benchmark."
    a = arguments()
    benchmarks = Benchmarks(a.device)
    out = Path(a.out or f"results/benchmarks_{'cuda' if benchmarks.cuda else 'cpu'}.json")
    results = json.loads(out.read_text(encoding='utf-8')) if a.only and out.exists() else {}
    for name in a.only or KNOWN:
        command = f'python benchmarks/run.py --device {a.device}' + (f' --only {name}' if a.only else '')
        measured = about(command, a.device)
        results[name] = getattr(benchmarks, name)()
        results.setdefault('measured', {})[name] = measured
        write_json(out, results)
        print(name, json.dumps(results[name], indent=1), flush=True)


if __name__ == '__main__': main()
