"""The imports between the modules of the library, as a picture.

    python tools/import_graph.py            writes tools/import_graph.png
    python tools/import_graph.py --check    exit code 1 when a module imports one of a later chapter, or it is old

A module may import modules of earlier chapters only. `benchmarks`, `all` and `scripts` may import everything.
"""
import argparse
import ast
import json
import sys

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from notebooks import ROOT, settings

matplotlib.use('agg')
PICTURE = ROOT/'tools'/'import_graph.png'
ORDER = (                                                  # of the chapters that make the modules
    'core', 'data', 'surfaces', 'textures', 'metrics', 'detector', 'patches', 'training', 'autoencoder', 'dense', 'vq',
    'ocsvm', 'prior', 'restoration', 'baselines', 'memory', 'drawn', 'results', 'figures', 'presets', 'decision',
    'experiment', 'export', 'inspection', 'explore', 'photos', 'download')
FREE = 'benchmarks', 'all', 'scripts'                      # these import whatever they measure or collect
ALLOWED = {'download': ('core', 'data')}                   # where it is less than all earlier modules
SIZE, DPI = (8.5, 6.5), 100                                # of the picture: inches, pixels per inch
BENDS = 0, .1, -.1, .2, -.2, .3, -.3, .4, -.4              # of an arrow; the first is straight


# ---------------------------------------------------------------- the imports

def module_names():
    "The modules of the library."
    folder = ROOT/settings()['lib_path']
    return sorted(p.stem for p in folder.glob('*.py') if not p.stem.startswith('_'))


def imported(node, lib):
    "The modules of the library that an import statement names, as `data` for patchad_nb.data."
    if isinstance(node, ast.Import): names = [alias.name for alias in node.names]
    elif not isinstance(node, ast.ImportFrom): return
    elif node.level: names = [f'{lib}.{node.module or alias.name}' for alias in node.names]
    else: names = [node.module if node.module != lib else f'{lib}.{alias.name}' for alias in node.names]
    for name in names:
        first, _, rest = name.partition('.')
        if first == lib and rest: yield rest.split('.')[0]


def imports_of(module):
    "The modules that a module imports, anywhere in its source."
    lib = settings()['lib_path']
    tree = ast.parse((ROOT/lib/f'{module}.py').read_text(encoding='utf-8'))
    found = {name for node in ast.walk(tree) for name in imported(node, lib)}
    return found & set(module_names()) - {module}


def all_imports():
    "{module: the modules that it imports}, in the order of the chapters."
    names = module_names()
    known = [m for m in (*ORDER, *FREE) if m in names]
    return {m: imports_of(m) for m in known + [m for m in names if m not in known]}


def faults(imports):
    "Imports that must not be, one line each."
    for module, used in imports.items():
        if module in FREE: continue
        if module not in ORDER:
            yield f'{module} has no place in ORDER of tools/import_graph.py'
            continue
        allowed = ALLOWED.get(module, ORDER[:ORDER.index(module)])
        for other in sorted(used - set(allowed)): yield f'{module} imports {other}, which comes later'


# ---------------------------------------------------------------- the picture

def reachable(module, imports):
    "All modules that a module needs, by way of others, too."
    found, todo = set(), [module]
    while todo:
        new = imports[todo.pop()] - found
        found |= new
        todo += new
    return found


def needed_arrows(imports):
    "The imports without those that follow from others: (module, imported module)."
    arrows = []
    for module, used in imports.items():
        beyond = set().union(*(reachable(other, imports) for other in used))
        arrows += [(module, other) for other in used if other not in beyond]
    return sorted(arrows)


def layers(imports):
    "{module: its layer}: one above the highest that it imports."
    layer = {}
    for module in imports: layer[module] = 1 + max((layer[other] for other in imports[module]), default=-1)
    return layer


def places(imports):
    "{module: (x, y)}: layers from bottom to top, each in the order of the chapters, spread over the whole width."
    layer = layers(imports)
    found = {}
    for y in sorted(set(layer.values())):
        row = [m for m in imports if layer[m] == y]
        shift = .5 + .15 * (-1)**y                         # so that no two rows stand quite above each other
        for k, module in enumerate(row): found[module] = ((k + shift) / len(row), y)
    return found


def curve(start, end, rad):
    "Points of the curve that Matplotlib's `arc3` draws, as an array (30,2)."
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2 + rad * (y1 - y0), (y0 + y1) / 2 - rad * (x1 - x0)
    t = np.linspace(0, 1, 30)[:, None]
    return (1 - t)**2 * np.array(start) + 2 * t * (1 - t) * np.array(middle) + t**2 * np.array(end)


def crossed(points, boxes):
    "How many points lie in one of the boxes."
    return sum(box.contains(x, y) for x, y in points for box in boxes)


def best_bend(module, other, boxes):
    "The bend of an arrow that crosses little of other boxes and is nearly straight."
    ends = [((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in (boxes[module], boxes[other])]
    others = [box.padded(4) for name, box in boxes.items() if name not in (module, other)]
    return min(BENDS, key=lambda rad: crossed(curve(*ends, rad), others) + 8 * abs(rad))


def draw_boxes(ax, at):
    "{module: its text} on the axes."
    box = {'boxstyle': 'round,pad=.35', 'fc': '#eef1f6', 'ec': '0.5'}
    return {m: ax.text(*xy, m, ha='center', va='center', fontsize=10, bbox=box, zorder=2) for m, xy in at.items()}


def draw_arrows(ax, imports, at, texts):
    "The imports, past the boxes of other modules."
    patches = {m: text.get_bbox_patch() for m, text in texts.items()}
    boxes = {m: patch.get_window_extent() for m, patch in patches.items()}
    for module, other in needed_arrows(imports):
        arrow = {'arrowstyle': '-|>', 'color': '0.4', 'lw': .8, 'shrinkA': 0, 'shrinkB': 0,
                 'patchA': patches[module], 'patchB': patches[other],
                 'connectionstyle': f'arc3,rad={best_bend(module, other, boxes)}'}
        ax.annotate('', at[other], at[module], arrowprops=arrow, zorder=1)


def draw(imports, path):
    "Write the picture. The imports stand in the file, too, so that `--check` can see whether it is old."
    at = places(imports)
    fig, ax = plt.subplots(figsize=SIZE)
    fig.subplots_adjust(0, 0, 1, 1)
    ax.axis('off')
    ax.set(xlim=(0, 1), ylim=(-.5, max(y for _, y in at.values()) + .5))
    texts = draw_boxes(ax, at)
    fig.canvas.draw()                                      # now the boxes have their sizes
    draw_arrows(ax, imports, at, texts)
    fig.savefig(path, dpi=DPI, metadata={'Software': None, 'Description': description(imports)})
    plt.close(fig)


def description(imports):
    "The imports as a text."
    return json.dumps({module: sorted(used) for module, used in imports.items()})


def drawn_imports(path):
    "The imports that a picture was drawn from, as a text; nothing without the picture."
    if not path.exists(): return ''
    with Image.open(path) as im: return im.text.get('Description', '')


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='draw nothing; exit code 1 when something is wrong')
    a = p.parse_args(argv)
    imports = all_imports()
    wrong = list(faults(imports))
    if wrong: sys.exit('FAILED: ' + '; '.join(wrong))
    n = sum(map(len, imports.values()))
    if not a.check:
        draw(imports, PICTURE)
        print(f'{PICTURE.relative_to(ROOT).as_posix()}: {len(imports)} modules, {n} imports')
    elif drawn_imports(PICTURE) != description(imports):
        sys.exit('FAILED: tools/import_graph.png is old; run python tools/import_graph.py')
    else: print(f'ok: {len(imports)} modules, {n} imports, none of a later chapter')


if __name__ == '__main__': main()
