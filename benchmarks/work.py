"""What a piece of work needs, operations and bytes, and what the machine can do of both in a second.

Counted are convolutions, matrix products, attention and Fourier transforms; an operation is a multiplication or an
addition. Each of them reads what goes in once, and writes its result once. Everything between them (activations, norms,
sums, random numbers) could be done in passing and counts as nothing, and so does writing a result that is only searched
for its smallest or largest number. So the counts are a lower bound, for the algorithm as it is written.
"""
import math
import time

import torch
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from patchad_nb.benchmarks import matmul_rate
from patchad_nb.core import time_once

aten = torch.ops.aten
SEARCHES = aten.argmin, aten.argmax, aten.min, aten.max


def fourier(x, dims, numbers):
    "Operations of a Fourier transform of so many real numbers, over some dimensions."
    return round(2.5 * numbers * math.log2(math.prod(x.shape[d] for d in dims)))


def real_to_complex(x, dims, *args, out_val, **kwargs): return fourier(x, dims, x.numel())
def complex_to_real(x, dims, *args, out_val, **kwargs): return fourier(out_val, dims, out_val.numel())
def complex_to_complex(x, dims, *args, out_val, **kwargs): return fourier(x, dims, 2 * x.numel())


def attention(q, k, *args, **kwargs):
    "Two products of queries with keys; where all positions ask, each one looks at half of them, on average."
    pairs = q.shape[2] * k.shape[2] / (2 if q.shape[2] > 1 else 1)
    return round(4 * q.shape[0] * q.shape[1] * q.shape[3] * pairs)


def product(packet):
    "PyTorch's own formula, for complex numbers too."
    def count(*args, out_val, **kwargs):
        complex_numbers = isinstance(out_val, torch.Tensor) and out_val.is_complex()
        return flop_registry[packet](*args, out_val=out_val, **kwargs) * (4 if complex_numbers else 1)
    return count


ATTENTIONS = [getattr(aten, f'_scaled_dot_product_{kind}')
              for kind in ('flash_attention_for_cpu', 'flash_attention', 'efficient_attention', 'cudnn_attention')]
FORMULAS = {packet: product(packet) for packet in flop_registry}
FORMULAS |= dict.fromkeys(ATTENTIONS, attention)
FORMULAS |= {aten._fft_r2c: real_to_complex, aten._fft_c2r: complex_to_real, aten._fft_c2c: complex_to_complex}


def tensors(values):
    "Those of some values that are tensors."
    return [v for v in values if isinstance(v, torch.Tensor)]


class Work(FlopCounterMode):
    "Count operations and bytes of what runs in this context."
    def __init__(self):
        self.bytes, self.last = 0, None
        counters = {packet: self.counter(formula) for packet, formula in FORMULAS.items()}
        counters |= {packet: self.search() for packet in SEARCHES}
        super().__init__(display=False, custom_mapping=counters)

    def counter(self, formula):
        "A formula that adds up bytes, too."
        def count(*args, out_val, **kwargs):
            results = tensors(out_val if isinstance(out_val, tuple) else [out_val])[:1]    # without what gradients need
            self.bytes += sum(t.nbytes for t in [*tensors(args), *results])
            self.last = results[0]
            return formula(*args, out_val=out_val, **kwargs)
        count._get_raw = True                                          # it wants tensors, not shapes
        return count

    def search(self):
        "The last result need not be written when it is only searched."
        def count(x, *args, **kwargs):
            if self.last is not None and x.data_ptr() == self.last.data_ptr(): self.bytes -= x.nbytes
            self.last = None
            return 0
        count._get_raw = True
        return count


@torch.no_grad()
def work_of(f, times=1):
    "(operations, bytes) of a call, so many times."
    with Work() as work: f()
    return work.get_total_flops() * times, work.bytes * times


def added(*works):
    "The sum of some (operations, bytes)."
    return tuple(map(sum, zip(*works)))


def seconds_of(f, device='cpu', clock='wall'):
    "How long a call takes, by the clock on the wall or by that of the processor."
    start = time.process_time()
    seconds, _ = time_once(f, device)
    return seconds if clock == 'wall' else time.process_time() - start


def rates(device='cpu', clock='wall', megabytes=256, repeats=6):
    "What the machine can do in a second: operations of a large product, bytes of a large copy, read plus written."
    if clock == 'wall': operations = matmul_rate(device)
    else:
        n = 1024
        x = torch.randn(n, n)
        operations = 2 * n**3 / min(seconds_of(lambda: x @ x, device, clock) for _ in range(repeats))
    a = torch.zeros(megabytes * 2**20, dtype=torch.uint8, device=device)
    b = torch.ones_like(a)
    copied = min(seconds_of(lambda: b.copy_(a), device, clock) for _ in range(repeats))
    return {'operations_per_second': operations, 'bytes_per_second': 2 * a.nbytes / copied}
