"""What every measurement says about itself, and the files that hold measurements."""
import collections
import csv
import datetime
import importlib.metadata
import io
import json
import os
import platform
from pathlib import Path

import torch

from patchad_nb.core import write_text

PACKAGES = 'patchad_nb', 'torch', 'numpy', 'scikit-learn'


def machine(device='cpu'):
    "The device in words."
    if device.startswith('cuda'): return torch.cuda.get_device_name(device)
    return f'{os.cpu_count()} cores, {platform.machine()}, {torch.get_num_threads()} threads'


def about(command, device='cpu', **more):
    "How, when, on what and with which versions something is measured; `more` about the data."
    return {
        'command': command,
        **more,
        'date': datetime.date.today().isoformat(),
        'seed': 0,
        'machine': machine(device),
        'versions': {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def write_json(path, value):
    "Write measurements as JSON, all or nothing."
    write_text(path, json.dumps(value, indent=1) + '\n')


def few_of_each(samples, n):
    "The first n test images of each type; None: all."
    seen = collections.Counter()
    chosen = []
    for sample in samples:
        seen[sample.defect] += 1
        if n is None or seen[sample.defect] <= n: chosen.append(sample)
    return chosen


def read_rows(path):
    "The rows that an earlier call has written to a CSV file, if it is there."
    if not Path(path).exists(): return []
    with open(path) as f: return list(csv.DictReader(f))


def csv_text(rows):
    "Dicts as the text of a CSV file. A cell is empty where a row lacks a key, as those of older versions do."
    text = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, columns, lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
