"""The figures of notebooks again, at twice the resolution, for a projector: see make_slides.py --sharp.

The cells that always run are executed in a fresh kernel, up to the last figure that is wanted. Figures of flagged cells
(slow, gpu, data) stay as they are in the notebooks.
"""
import base64
import hashlib
import json

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from notebooks import ROOT, flags_of
from rendering import FLAGS, images

ZOOM = 2
TIMEOUT = 900                                              # seconds for one cell
FIRST = f'''
import IPython.core.pylabtools as tools
_usual = tools.print_figure
def _sharp(fig, *args, **kwargs): return _usual(fig, *args, **kwargs | dict(dpi={ZOOM} * fig.dpi))
tools.print_figure = _sharp'''


def always_runs(cell):
    "Whether the default tests execute a cell."
    flags = flags_of(cell.source)
    return cell.cell_type == 'code' and not set(FLAGS) & set(flags) and flags.get('eval') != 'false'


def to_run(nb, wanted):
    "The cells that always run, up to the last one whose figure is wanted."
    cells = [c for c in nb.cells if always_runs(c)]
    last = max((i for i, c in enumerate(cells) if c.id in wanted), default=-1)
    return cells[:last + 1]


def fingerprint(cells):
    "Changes with the cells and with the library."
    library = sorted((ROOT/'patchad_nb').glob('*.py'))
    parts = [c.source for c in cells] + [p.read_text(encoding='utf-8') for p in library]
    return hashlib.sha256('\0'.join(parts).encode()).hexdigest()


def execute(nb, cells, path):
    "Run the cells; their outputs are then those of this run."
    nb.cells = [new_code_cell(FIRST), *cells]
    folder = {'metadata': {'path': str(path.parent)}}
    NotebookClient(nb, timeout=TIMEOUT, kernel_name='python3', resources=folder).execute()


def sharp_figures(name, wanted, folder):
    "{id of a cell: [(mime type, bytes)]}, from the folder where nothing has changed since."
    path, file = ROOT/'nbs'/f'{name}.ipynb', folder/f"{name.replace('/', '_')}.json"
    nb = nbformat.read(path, as_version=4)
    cells = to_run(nb, wanted)
    mark = fingerprint(cells)
    kept = json.loads(file.read_text(encoding='utf-8')) if file.exists() else {}
    if kept.get('mark') != mark:
        execute(nb, cells, path)
        figures = {c.id: [(mime, base64.b64encode(data).decode()) for _, mime, data in images(c)] for c in cells}
        kept = {'mark': mark, 'figures': {i: f for i, f in figures.items() if i in wanted}}
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix('.part')
        part.write_text(json.dumps(kept), encoding='utf-8')
        part.replace(file)
    return {i: [(mime, base64.b64decode(data)) for mime, data in f] for i, f in kept['figures'].items()}
