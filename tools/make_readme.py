"""README.md from nbs/index.ipynb, without quarto.

    python tools/make_readme.py            writes README.md and README_files/
    python tools/make_readme.py --check    changes nothing; exit code 1 when they are out of date
"""
import argparse, re, sys
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTE = '<!-- made by tools/make_readme.py from {source}: edit that -->'
FENCED = re.compile(r'^ *(```|~~~).*?^ *\1', re.M | re.S)
LINK = re.compile(r'(\]\(|\b(?:src|href)=")([^)"\s]+)')

def directives(source):
    "The `#| ...` lines at the top of a cell as {'hide': '', 'echo': 'false'}, and the rest of its source."
    found, lines = {}, source.splitlines()
    while lines and re.match(r'#\s*\|', lines[0].strip()):
        key, _, value = lines.pop(0).strip().lstrip('#').strip().lstrip('|').strip().replace(':', ' ', 1).partition(' ')
        found[key] = value.strip()
    return found, '\n'.join(lines).strip('\n')

def moved_links(text, folder, root):
    "Links beside the notebook become links beside the README. A link to a file that is not there is an error."
    def move(match):
        start, target = match.groups()
        if re.match(r'[a-z][a-z0-9+.-]*:|#|/', target, re.I): return match[0]
        path, mark, anchor = target.partition('#')
        file = (folder/path).resolve()
        if not file.exists(): sys.exit(f'FAILED: the index links to {target}, which does not exist beside it; mend the link')
        return f'{start}{file.relative_to(root).as_posix()}{mark}{anchor}'
    parts, end = [], 0
    for block in FENCED.finditer(text):                    # code is left as it is
        parts += [LINK.sub(move, text[end:block.start()]), block[0]]; end = block.end()
    return ''.join(parts) + LINK.sub(move, text[end:])

def render(notebook, root, stem='README'):
    "The text of the README, and its images as {path relative to `root`: bytes}."
    nb, cells, alts = nbformat.read(notebook, as_version=4), [], []
    for cell in nb.cells:
        if cell.cell_type == 'markdown': cell.source = moved_links(cell.source, notebook.parent, root)
        elif cell.cell_type == 'code':
            flags, cell.source = directives(cell.source)
            if 'hide' in flags or flags.get('include') == 'false' or not cell.source.strip(): continue
            alts += [flags.get('fig-alt', 'figure')] * sum('image/png' in o.get('data', {}) for o in cell.outputs)   # `#| fig-alt: ...`
            tags = []
            if 'hide_input' in flags or flags.get('echo') == 'false': tags.append('hide_input')
            if 'hide_output' in flags or flags.get('output') == 'false': tags.append('hide_output')
            cell.metadata = nbformat.from_dict({'tags': tags})
        else: continue                                     # raw cells are front matter
        cells.append(cell)
    nb.cells, nb.metadata.language_info = cells, nbformat.from_dict({'name': 'python'})   # nbdev_clean drops the language
    config = Config()
    config.TagRemovePreprocessor.update(enabled=True, remove_input_tags={'hide_input'}, remove_all_outputs_tags={'hide_output'})
    text, extra = MarkdownExporter(config=config).from_notebook_node(nb, dict(unique_key=stem, output_files_dir=f'{stem}_files'))
    for alt in alts: text = text.replace('![png](', f'![{alt}](', 1)
    text = '\n'.join(line.rstrip() for line in text.splitlines())
    text = NOTE.format(source=notebook.relative_to(root).as_posix()) + '\n\n' + re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'
    return text, {Path(name).as_posix(): data for name, data in extra.get('outputs', {}).items()}

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='change nothing; exit code 1 when something is out of date')
    p.add_argument('--root', type=Path, default=ROOT, help='folder of README.md (default: of this repository)')
    p.add_argument('--notebook', type=Path, help='default: nbs/index.ipynb in that folder')
    a = p.parse_args(argv)
    root = a.root.resolve()
    notebook = (a.notebook or root/'nbs'/'index.ipynb').resolve()
    if not notebook.exists(): sys.exit(f'FAILED: {notebook.name}: no such notebook, so there is nothing to make the README from')
    text, images = render(notebook, root)
    wanted = {'README.md': text.encode()} | images
    folder = root/'README_files'
    have = {p.relative_to(root).as_posix() for p in [root/'README.md', *folder.rglob('*')] if p.is_file()}
    stale = sorted(have - set(wanted))
    differ = sorted(name for name, data in wanted.items() if name not in have or (root/name).read_bytes() != data)
    if a.check:
        if stale or differ: sys.exit(f"FAILED: {', '.join(differ + stale)}: out of date; run python tools/make_readme.py")
        print('ok: README.md is what nbs/index.ipynb says'); return
    for name in stale: (root/name).unlink()
    for name in differ:
        (root/name).parent.mkdir(parents=True, exist_ok=True)
        (root/name).write_bytes(wanted[name])
    if folder.exists() and not any(folder.iterdir()): folder.rmdir()
    print(f"README.md: {text.count(chr(10))} lines, {len(images)} images; changed: {', '.join(differ + stale) or 'nothing'}")

if __name__ == '__main__': main()
