"""What the rows of a run cost, on the same images and machine: parameters, seconds to fit, seconds and memory per image.

    patchad_table1 --categories wood --out RUN
    python benchmarks/cost.py RUN --data RUN/data --category wood --out results/cost_quick.csv

The seconds are those that the run measured. The memory is measured here: how far a fresh process with one thread rises above
what it holds after the imports, while it loads the model and scores the first test image. Linux only.
"""
import argparse, csv, io, subprocess, sys
from pathlib import Path

from patchad_nb.data import Category, load_image
from patchad_nb.results import METHODS, read_results, TITLES
from patchad_nb.core import write_text

CODE = """
import sys, torch
folder, method, image = sys.argv[1:]; torch.set_num_threads(1); x = load_image(image)
if hasattr(METHODS[method], 'extra'): import anomalib.models.image.padim.torch_model, anomalib.models.image.fastflow.torch_model
def status(key): return int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1])
open('/proc/self/clear_refs', 'w').write('5'); before = status('VmRSS')
METHODS[method].load(folder).score_map(x); print('peak', status('VmHWM') - before)
"""

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument('run', help='folder of a finished run of patchad_table1')
p.add_argument('--data', required=True, help='folder with categories'); p.add_argument('--category', required=True)
p.add_argument('--seed', type=int, default=0); p.add_argument('--out', required=True)
a = p.parse_args()

image = Category(a.data, a.category).samples[0].path
rows = [r for r in read_results(Path(a.run)/'results.csv') if (r['category'], r['defect'], r['seed']) == (a.category, 'all', a.seed)]
text = io.StringIO(); out = csv.writer(text, lineterminator='\n')
out.writerow(['method', 'parameters', 'fit_seconds', 'score_seconds_per_image', 'peak_megabytes', 'model_megabytes'])
for r in sorted(rows, key=lambda r: list(TITLES).index(r['method'])):
    folder = Path(a.run)/'models'/a.category/r['method']/f'seed{a.seed}'
    done = subprocess.run([sys.executable, '-c', CODE, str(folder), r['method'], str(image)], capture_output=True, text=True)
    if done.returncode: sys.exit(f"{folder}: {done.stderr.strip().splitlines()[-1]}")
    peak = int(done.stdout.split()[-1]) * 1024 / 1e6
    out.writerow([r['method'], int(r['parameters']), f"{r['fit_seconds']:.1f}", f"{r['score_seconds_per_image']:.3f}", f'{peak:.0f}', f"{(folder/'model.safetensors').stat().st_size / 1e6:.2f}"])
write_text(a.out, text.getvalue()); print(text.getvalue(), end='')
