"""Leave only the text of widget outputs: their state belongs to a kernel that is gone.

    python tools/strip_widgets.py nbs/14_explore.ipynb nbs/your_photos.ipynb     after executing it, before nbdev_clean
"""
import json
import sys
from pathlib import Path

VIEW = 'application/vnd.jupyter.widget-view+json'


def strip(nb):
    "Remove widget state and views from a notebook, in place."
    nb['metadata'].pop('widgets', None)
    for cell in nb['cells']:
        for output in cell.get('outputs', []): output.get('data', {}).pop(VIEW, None)


def main(paths):
    "Strip these notebooks."
    for path in map(Path, paths):
        nb = json.loads(path.read_text(encoding='utf-8'))
        strip(nb)
        text = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True)
        path.write_text(text + '\n', encoding='utf-8')


if __name__ == '__main__': main(sys.argv[1:])
