"""What every notebook has that no author writes: the cell for Colab, folded code, and no state of widgets.

    python tools/finish_notebooks.py            mends chapters and reproduce notebooks
    python tools/finish_notebooks.py --check    changes nothing; exit code 1 when something is missing or old
    python tools/finish_notebooks.py FILE...    these notebooks only

The cell for Colab installs the package where it is missing. It is the first code cell, `#| default_exp` aside, so that
everything behind it finds the package. It is hidden on the pages, is never exported, and has a fixed id and no output.

Cells that only test, and the solutions and checks of exercises, are collapsed in JupyterLab: see `folded` in
tools/notebooks.py. The state of widgets belongs to a kernel that is gone, so only their text stays.
"""
import argparse
import json
import sys
from pathlib import Path

from notebooks import ROOT, all_notebooks, folded, settings, source_of

ID = 'c01ab000'                                            # the same in every notebook; ids are unique within one
INSTALL = '''#| hide
# In Colab: fetch the project, install it, and go to the folder of this notebook.
# Elsewhere it is installed, and this does nothing.
import importlib.util, os
if not importlib.util.find_spec('{lib}'):
    os.system('git clone -q --depth 1 {url}')
    get_ipython().run_line_magic('pip', 'install -q ./{repo}')
    os.chdir('{repo}/{folder}')'''
VIEW = 'application/vnd.jupyter.widget-view+json'


def source(file):
    "The text of the cell for Colab, from settings.ini and the notebook's folder."
    cfg = settings()
    folder = file.resolve().parent.relative_to(ROOT).as_posix()
    return INSTALL.format(lib=cfg['lib_name'], url=cfg['git_url'], repo=cfg['repo'], folder=folder)


def notebooks():
    "Chapters and reproduce notebooks: all but the index."
    return [p for p in all_notebooks() if p != ROOT/'nbs'/'index.ipynb']


def place(cells):
    "Where the cell for Colab belongs: before the first code cell, but after `#| default_exp`."
    code = [i for i, c in enumerate(cells) if c['cell_type'] == 'code']
    if not code: return None                               # nothing to run
    first = code[0]
    return first + 1 if source_of(cells[first]).startswith('#| default_exp') else first


def with_colab(cells, file):
    "The cells of a notebook with the one for Colab, at its place and up to date."
    kept = [c for c in cells if c.get('id') != ID]
    at = place(kept)
    if at is None: return kept
    cell = {'cell_type': 'code', 'execution_count': None, 'id': ID, 'metadata': {}, 'outputs': [],
            'source': source(file).splitlines(True)}
    return kept[:at] + [cell] + kept[at:]


def with_fold(cell):
    "The cell, collapsed in JupyterLab or not."
    kept = {key: value for key, value in cell['metadata'].items() if key != 'jupyter'}
    return cell | {'metadata': kept | ({'jupyter': {'source_hidden': True}} if folded(cell) else {})}


def without_view(output):
    "The output without the view of a widget."
    if VIEW not in output.get('data', {}): return output
    return output | {'data': {kind: value for kind, value in output['data'].items() if kind != VIEW}}


def finished(nb, file):
    "The notebook as it is committed."
    cells = [with_fold(cell) for cell in with_colab(nb['cells'], file)]
    for cell in cells:
        if 'outputs' in cell: cell['outputs'] = [without_view(output) for output in cell['outputs']]
    about = {key: value for key, value in nb['metadata'].items() if key != 'widgets'}
    return nb | {'cells': cells, 'metadata': about}


def update(file, write):
    "Whether something was missing or old in this notebook; then it is written, if wanted."
    nb = json.loads(file.read_text(encoding='utf-8'))
    new = finished(nb, file)
    if new == nb: return False
    text = json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True)
    if write: file.write_bytes((text + '\n').encode())
    return True


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('files', nargs='*', metavar='FILE', type=Path,
                   help='notebooks (default: all chapters and reproduce notebooks)')
    p.add_argument('--check', action='store_true', help='change nothing; exit code 1 when something is missing or old')
    a = p.parse_args(argv)
    files = a.files or notebooks()
    stale = [file for file in files if update(file, write=not a.check)]
    names = ', '.join(f.name for f in stale)
    if a.check and stale:
        print(f'FAILED: not finished: {names}; run python tools/finish_notebooks.py')
        return 1
    print(f'ok: {len(files)} notebooks are finished' + (f'; mended: {names}' if stale else ''))


if __name__ == '__main__': sys.exit(main())
