"""README.md from nbs/index.ipynb, without quarto.

    python tools/make_readme.py            writes README.md and README_files/
    python tools/make_readme.py --check    changes nothing; exit code 1 when they are out of date
"""
import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter
from traitlets.config import Config

from notebooks import ADDRESS, LINK, ROOT, directives, hidden, output_hidden, source_hidden

NOTE = '<!-- made by tools/make_readme.py from {source}: edit that -->'
FENCED = re.compile(r'^ *(```|~~~).*?^ *\1', re.M | re.S)


# ---------------------------------------------------------------- the text

def moved_target(target, folder, root):
    "A link beside the notebook as a link beside the README. A link to a file that is not there is an error."
    if ADDRESS.match(target): return target
    path, mark, anchor = target.partition('#')
    file = (folder/path).resolve()
    if not file.exists():
        sys.exit(f'FAILED: the index links to {target}, which does not exist beside it; mend the link')
    return f'{file.relative_to(root).as_posix()}{mark}{anchor}'


def moved_links(text, folder, root):
    "The text with its links moved; fenced code is left as it is."
    def move(match):
        return match[1] + moved_target(match[2], folder, root)
    parts, end = [], 0
    for block in FENCED.finditer(text):
        parts += [LINK.sub(move, text[end:block.start()]), block[0]]
        end = block.end()
    return ''.join(parts) + LINK.sub(move, text[end:])


def tags_of(flags):
    "What nbconvert must leave out of a cell, as tags."
    tags = []
    if source_hidden(flags): tags.append('hide_input')
    if output_hidden(flags): tags.append('hide_output')
    return tags


def shown_cells(nb, notebook, root):
    "The cells that a reader sees, and the alternative text of each image. Raw cells are front matter."
    cells, alts = [], []
    for cell in nb.cells:
        if cell.cell_type == 'markdown':
            cell.source = moved_links(cell.source, notebook.parent, root)
            cells.append(cell)
        elif cell.cell_type == 'code':
            flags, cell.source = directives(cell.source)
            if hidden(flags) or not cell.source.strip(): continue
            n_images = sum('image/png' in o.get('data', {}) for o in cell.outputs)
            alts += [flags.get('fig-alt', 'figure')] * n_images
            cell.metadata = nbformat.from_dict({'tags': tags_of(flags)})
            cells.append(cell)
    return cells, alts


def to_markdown(nb, stem):
    "The notebook as Markdown, without the cells' parts that are tagged, and its images."
    config = Config()
    config.TagRemovePreprocessor.update(
        enabled=True, remove_input_tags={'hide_input'}, remove_all_outputs_tags={'hide_output'})
    resources = {'unique_key': stem, 'output_files_dir': f'{stem}_files'}
    text, extra = MarkdownExporter(config=config).from_notebook_node(nb, resources)
    images = {Path(name).as_posix(): data for name, data in extra.get('outputs', {}).items()}
    return text, images


def render(notebook, root, stem='README'):
    "The text of the README, and its images as {path relative to `root`: bytes}."
    nb = nbformat.read(notebook, as_version=4)
    nb.cells, alts = shown_cells(nb, notebook, root)
    nb.metadata.language_info = nbformat.from_dict({'name': 'python'})   # nbdev_clean drops the language
    text, images = to_markdown(nb, stem)
    for alt in alts: text = text.replace('![png](', f'![{alt}](', 1)
    text = '\n'.join(line.rstrip() for line in text.splitlines())
    text = re.sub(r'\n{3,}', '\n\n', text).strip()
    note = NOTE.format(source=notebook.relative_to(root).as_posix())
    return f'{note}\n\n{text}\n', images


# ---------------------------------------------------------------- the files

def compare(wanted, root):
    "Names of the files that must be removed, and of those that must be written."
    paths = [root/'README.md', *(root/'README_files').rglob('*')]
    have = {p.relative_to(root).as_posix() for p in paths if p.is_file()}
    stale = sorted(have - set(wanted))
    differ = sorted(n for n, data in wanted.items() if n not in have or (root/n).read_bytes() != data)
    return stale, differ


def write(wanted, stale, differ, root):
    "Bring the files up to date."
    for name in stale: (root/name).unlink()
    for name in differ:
        (root/name).parent.mkdir(parents=True, exist_ok=True)
        (root/name).write_bytes(wanted[name])
    folder = root/'README_files'
    if folder.exists() and not any(folder.iterdir()): folder.rmdir()


def arguments(argv):
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='change nothing; exit code 1 when something is out of date')
    p.add_argument('--root', type=Path, default=ROOT, help='folder of README.md (default: of this repository)')
    p.add_argument('--notebook', type=Path, help='default: nbs/index.ipynb in that folder')
    return p.parse_args(argv)


def main(argv=None):
    "The command line."
    a = arguments(argv)
    root = a.root.resolve()
    notebook = (a.notebook or root/'nbs'/'index.ipynb').resolve()
    if not notebook.exists():
        sys.exit(f'FAILED: {notebook.name}: no such notebook, so there is nothing to make the README from')
    text, images = render(notebook, root)
    wanted = {'README.md': text.encode()} | images
    stale, differ = compare(wanted, root)
    changed = ', '.join(differ + stale)
    if a.check:
        if changed: sys.exit(f'FAILED: {changed}: out of date; run python tools/make_readme.py')
        print('ok: README.md is what nbs/index.ipynb says')
        return
    write(wanted, stale, differ, root)
    n_lines = text.count('\n')
    print(f"README.md: {n_lines} lines, {len(images)} images; changed: {changed or 'nothing'}")


if __name__ == '__main__': main()
