"""The cell that installs the package when a notebook is opened in Colab.

    python tools/colab_cells.py            writes it into chapters and reproduce notebooks, where it is missing or old
    python tools/colab_cells.py --check    changes nothing; exit code 1 when it is missing or old somewhere
    python tools/colab_cells.py FILE...    these notebooks only

It is the first code cell, `#| default_exp` aside, so that everything behind it finds the package. It is hidden on the
pages, is never exported, and does nothing where the package is installed. It has a fixed id and no output, so cleaning
and testing leave it as it is.
"""
import argparse
import json
import sys
from pathlib import Path

from notebooks import ROOT, all_notebooks, settings, source_of

ID = 'c01ab000'                                            # the same in every notebook; ids are unique within one
INSTALL = '''#| hide
# In Colab: fetch the project, install it, and go to the folder of this notebook.
# Elsewhere it is installed, and this does nothing.
import importlib.util, os
if not importlib.util.find_spec('{lib}'):
    os.system('git clone -q --depth 1 {url}')
    get_ipython().run_line_magic('pip', 'install -q ./{repo}')
    os.chdir('{repo}/{folder}')'''


def source(file):
    "The text of the cell, from settings.ini and the notebook's folder."
    cfg = settings()
    folder = file.resolve().parent.relative_to(ROOT).as_posix()
    return INSTALL.format(lib=cfg['lib_name'], url=cfg['git_url'], repo=cfg['repo'], folder=folder)


def notebooks():
    "Chapters and reproduce notebooks: all but the index. The exercises have a cell of their own."
    return [p for p in all_notebooks() if p != ROOT/'nbs'/'index.ipynb']


def place(cells):
    "Where it belongs: before the first code cell, but after `#| default_exp`."
    code = [i for i, c in enumerate(cells) if c['cell_type'] == 'code' and c.get('id') != ID]
    if not code: return None                               # nothing to run
    first = code[0]
    return first + 1 if source_of(cells[first]).startswith('#| default_exp') else first


def with_cell(nb, file):
    "The notebook with the cell, at its place and up to date."
    kept = [c for c in nb['cells'] if c.get('id') != ID]
    at = place(kept)
    if at is None: return nb
    cell = {'cell_type': 'code', 'execution_count': None, 'id': ID, 'metadata': {}, 'outputs': [],
            'source': source(file).splitlines(True)}
    return nb | {'cells': kept[:at] + [cell] + kept[at:]}


def update(file, write):
    "Whether the cell was missing or old in this notebook; then it is written, if wanted."
    nb = json.loads(file.read_text(encoding='utf-8'))
    new = with_cell(nb, file)
    if new == nb: return False
    if write: file.write_bytes((json.dumps(new, indent=1, ensure_ascii=False) + '\n').encode())
    return True


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('files', nargs='*', metavar='FILE', type=Path,
                   help='notebooks (default: all chapters and reproduce notebooks)')
    p.add_argument('--check', action='store_true',
                   help='change nothing; exit code 1 when the cell is missing or old somewhere')
    a = p.parse_args(argv)
    files = a.files or notebooks()
    stale = [file for file in files if update(file, write=not a.check)]
    names = ', '.join(f.name for f in stale)
    if a.check and stale:
        print(f'FAILED: the cell for Colab is missing or old in {names}; run python tools/colab_cells.py')
        return 1
    print(f'ok: {len(files)} notebooks have the cell for Colab' + (f'; written into {names}' if stale else ''))


if __name__ == '__main__': sys.exit(main())
