"""Slides of the parts of the course, with reveal.js, from cells of the notebooks.

    python tools/make_slides.py OUT    writes OUT/index.html, OUT/part1.html ... and OUT/reveal/

Which cells: teaching/slides.toml. Needs Python 3.11, nbconvert, latex2mathml and, the first time, npm: reveal.js is fetched from its registry, checked
and kept in a cache. The slides load nothing from other sites. No notebook is executed.
"""
import argparse, base64, hashlib, html, os, re, subprocess, sys, tarfile, tempfile, tomllib
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import SlidesExporter
from pygments.formatters import HtmlFormatter

from make_site import CELLS, ROOT, SITE, Kept, exporter, images, settings, shown_cells, size_of

REVEAL = '5.2.1', 'r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2qD+7ZPZEbpBDhdRhJaFgfQ7zNQ=='   # version, sha512 of its package
FILES = 'dist/reveal.css', 'dist/reset.css', 'dist/reveal.js', 'plugin/notes/notes.js', 'LICENSE'
MAX_LINES, MAX_WIDTH, MAX_SLIDES = 12, 108, 22              # of code on a slide; slides of a part
SLIDES = CELLS + '''
{%- block any_cell scoped -%}{% set m = cell.metadata %}
{%- if m.slide_start %}<section>{% endif %}{% if m.subslide_start %}<section>{% endif %}{% if m.fragment_start %}<div class="fragment">{% endif %}
{%- if m.slide_type == 'notes' %}<aside class="notes">{{ super() }}</aside>{% elif m.slide_type != 'skip' %}{{ super() }}{% endif %}
{%- if m.fragment_end %}</div>{% endif %}{% if m.subslide_end %}</section>{% endif %}{% if m.slide_end %}</section>{% endif %}
{%- endblock any_cell -%}'''

class Wrong(Exception): "What is wrong in slides.toml, in one line."

# ---------------------------------------------------------------- finding things in notebooks

def blocks(text): # paragraphs, items of lists, tables and formulas of a markdown cell; no headings, no fenced code
    text = re.sub(r'^(```|~~~).*?^\1\s*$', '', text, flags=re.M | re.S)
    text = re.sub(r'^(#.*|> .*)$', '', text, flags=re.M)
    for part in re.split(r'\n\s*\n', text):
        yield from (p.strip() for p in re.split(r'^\s*(?:[-*]|\d+\.) +', part, flags=re.M)) if re.match(r'\s*(?:[-*]|\d+\.) ', part) else [part.strip()]

END = re.compile(r'(?:(?<=[.!?])|(?<=[.!?][)*”"])|(?<=[.!?][)*”"][)*”"]))\s+(?=[A-Z*`$(“"\[])')

def sentences(block): return END.split(block)

def only(found, what, where): # the one thing found
    if len(found) != 1: raise Wrong(f'{where}: {what!r} is found {len(found)} times, not once; choose other words')
    return found[0]

class Notebooks(dict):
    "Notebooks as the site shows them, read when they are asked for."
    def __init__(self): self.kept = Kept()
    def __missing__(self, name):
        path = ROOT/'nbs'/f'{name}.ipynb'
        if not path.exists(): raise Wrong(f'{name}: no such notebook in nbs')
        self[name] = nb = shown_cells(path, Kept())         # with its own store: the text stays as it was written
        for cell, raw in zip(nb.cells, self.raw(path)): cell.source = raw
        return nb
    def raw(self, path): # the sources of the same cells, formulas included
        plain = Kept(); plain.formulas = lambda text: text
        return [c.source for c in shown_cells(path, plain).cells]
    def text(self, name, words): return only([b for c in self[name].cells if c.cell_type == 'markdown' for b in blocks(c.source) if words in b], words, name)
    def code(self, name, words): # `$` at the end: the cell ends there
        has = lambda c: c.source.rstrip().endswith(words[:-1]) if words.endswith('$') else words in c.source
        return only([c for c in self[name].cells if c.cell_type == 'code' and has(c)], words, name)

def cut(lines, number, what, where):
    lines = lines[:number] if number else lines
    if len(lines) > MAX_LINES: raise Wrong(f'{where}: {what!r} has {len(lines)} lines, more than {MAX_LINES}; write code:N or output:N')
    if (wide := max(map(len, lines), default=0)) > MAX_WIDTH: raise Wrong(f'{where}: {what!r} has a line of {wide} characters, more than {MAX_WIDTH}')
    return '\n'.join(lines)

def item(books, name, kind, words, height):
    "One thing on a slide, as a notebook cell. Kinds: figure, output, code, sentence, paragraph, formula; with `:N` behind, see teaching/README.md."
    kind, _, n = kind.partition(':'); first, n = (int(x) for x in n.split('-')) if '-' in n else (1, int(n or 0))
    where = f'{name}, {kind}'
    if kind in ('sentence', 'paragraph', 'formula'):
        block = books.text(name, words)
        if kind == 'sentence':
            s = sentences(block); k = s.index(only([x for x in s if words in x], words, where)); block = ' '.join(s[k:k + max(n, 1)])
            if block.count('**') % 2: block = block.replace('**', '')          # a mark that another sentence closes
        block = block.rstrip(';,')                                              # an item of a list becomes a sentence
        return nbformat.v4.new_markdown_cell(block[0].upper() + block[1:])
    cell = books.code(name, words)
    if kind == 'code':
        lines = cell.source.splitlines()
        if n: lines = lines[next(i for i, l in enumerate(lines) if words.splitlines()[0] in l):]
        new = nbformat.v4.new_code_cell(cut(lines, n, words, where)); new.metadata.alt = cell.metadata.alt
        return new
    new = nbformat.v4.new_code_cell(''); new.metadata.update(alt=cell.metadata.alt, transient={'remove_source': True})
    if kind == 'figure':
        found = list(images(cell))
        if len(found) <= n: raise Wrong(f'{where}: {words!r} has {len(found)} images')
        o, mime, data = found[n]
        w, h = (int(x) for x in re.findall(r'"(\d+)"', size_of(data, mime))) or (800, 400)
        scale = min(1200 / w, height / h, 2)
        o = nbformat.v4.new_output('display_data', {mime: o.data[mime]})
        o.metadata['picture'] = f'<img src="data:{mime};base64,{base64.b64encode(data).decode()}" alt="{html.escape(cell.metadata.alt)}" width="{w * scale:.0f}" height="{h * scale:.0f}">'
        new.outputs = [o]
    elif kind == 'output':
        said = ''.join(o.text if o.output_type == 'stream' else o.data.get('text/markdown') or o.data.get('text/plain', '') for o in cell.outputs if not any(k in o.get('data', {}) for k in ('image/png', 'image/jpeg')))
        if not said.strip(): raise Wrong(f'{where}: {words!r} has no text output')
        if any('text/markdown' in o.get('data', {}) for o in cell.outputs): new.outputs = [nbformat.v4.new_output('display_data', {'text/markdown': said})]
        else: new.outputs = [nbformat.v4.new_output('stream', name='stdout', text=cut([l for l in said.splitlines() if l.strip()][first - 1:n or None], 0, words, where))]
    else: raise Wrong(f'{where}: no such kind; choose figure, output, code, sentence, paragraph or formula')
    return new

# ---------------------------------------------------------------- decks

def deck(part, books):
    "The notebook of a part, with slideshow metadata."
    nb = nbformat.v4.new_notebook()
    def add(cell, kind): cell.metadata['slideshow'] = {'slide_type': kind}; nb.cells.append(cell)
    add(nbformat.v4.new_markdown_cell(f"# {part['title']}\n\n{part['subtitle']}"), 'slide')
    if not 12 <= len(part['slide']) <= MAX_SLIDES: raise Wrong(f"{part['title']}: {len(part['slide'])} slides; a part has 12 to {MAX_SLIDES}")
    for s in part['slide']:
        kinds = [c[1].partition(':')[0] for c in s['cells']]
        room = 570 - sum({'sentence': 84, 'paragraph': 130, 'formula': 90}.get(k, 0) for k in kinds)
        tall = sum(k == 'figure' for k in kinds); used = sum(25 * (int(c[1].partition(':')[2].split('-')[-1] or 6) + 1) for c in s['cells'] if c[1].startswith(('code', 'output')))
        add(nbformat.v4.new_markdown_cell(f"## {s['title']}"), s.get('type', 'slide'))
        for name, kind, words, *how in s['cells']: add(item(books, name, kind, words, (room - used) / max(tall, 1)), how[0] if how else '-')
        add(nbformat.v4.new_markdown_cell(f"<p class=\"source\">{', '.join(dict.fromkeys(c[0] for c in s['cells']))}</p>"), '-')
        if 'notes' in s: add(nbformat.v4.new_markdown_cell(s['notes']), 'notes')
    for c in nb.cells:
        if c.cell_type == 'markdown': c.source = books.kept.formulas(c.source)
        for o in c.get('outputs', []):
            if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = books.kept.formulas(o.data['text/markdown'])
    nb.metadata.language_info = nbformat.from_dict({'name': 'python'})
    return nb

def page(title, head, body, scripts=''):
    return f'''<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<link rel="icon" href="data:,">
{head}
</head>
<body>
{body}
{scripts}
</body>
</html>
'''

def fit(text): return min(24, 1950 / max(map(len, text.splitlines()), default=1))   # font size in pixels at which the longest line fits

def slides(part, books):
    body = exporter(books.kept, SLIDES, SlidesExporter, 'reveal').from_notebook_node(deck(part, books))[0]
    soup = BeautifulSoup(body, 'html.parser')
    for a in soup.select('a.anchor-link'): a.decompose()
    for h in soup.select('[id]'): del h['id']               # reveal.js numbers slides itself
    for h in soup.select('.out :is(h1, h2, h3)'): h.decompose()     # the slide has its own title
    for pre in soup.select('.out pre'): pre['style'] = f'font-size: {fit(pre.get_text()):.0f}px'
    body = re.sub(r'<pre>(?=<span></span>)(.*?)</pre>', lambda m: f'<pre style="font-size: {fit(re.sub("<[^>]*>", "", html.unescape(m[1]))):.0f}px">{m[1]}</pre>', books.kept.back(str(soup)), flags=re.S)
    head = ''.join(f'<link rel="stylesheet" href="{f}">\n' for f in ('reveal/dist/reset.css', 'reveal/dist/reveal.css', 'slides.css'))
    start = "Reveal.initialize({ width: 1280, height: 720, margin: 0.02, hash: true, center: false, slideNumber: 'c/t', transition: 'none', plugins: [RevealNotes] })"
    scripts = f'<script src="reveal/dist/reveal.js"></script>\n<script src="reveal/plugin/notes/notes.js"></script>\n<script>{start}</script>'
    return page(f"{part['title']} – {settings()['title']}", head, f'<main class="reveal"><div class="slides">{body}</div></main>', scripts)

# ---------------------------------------------------------------- reveal.js

def reveal_package(given=None):
    "The package of reveal.js as npm packs it: given, from the cache, or from the registry. Its checksum must be the known one."
    version, wanted = REVEAL
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home()/'.cache')/'patchad_nb'
    file = given or cache/f'reveal.js-{version}.tgz'
    if not file.exists():
        if given: sys.exit(f'FAILED: {given}: no such file')
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            try: subprocess.run(['npm', 'pack', f'reveal.js@{version}', '--silent', '--pack-destination', folder], check=True, stdout=subprocess.DEVNULL)
            except (OSError, subprocess.CalledProcessError) as e: sys.exit(f'FAILED: npm pack reveal.js@{version} ({e}); install npm, or give the package with --reveal FILE')
            next(Path(folder).glob('*.tgz')).rename(file)
    got = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if got != wanted: sys.exit(f'FAILED: {file} is not reveal.js {version}: its sha512 is {got}; remove it')
    return file

def unpack(file, out):
    with tarfile.open(file) as tar:
        for name in FILES:
            (out/name).parent.mkdir(parents=True, exist_ok=True)
            (out/name).write_bytes(tar.extractfile(f'package/{name}').read())

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', metavar='OUT', type=Path, help='folder of the slides')
    p.add_argument('--plan', type=Path, default=ROOT/'teaching'/'slides.toml', help='which cells (default: teaching/slides.toml)')
    p.add_argument('--reveal', type=Path, help='the package of reveal.js, from npm pack')
    a = p.parse_args(argv)
    plan, books = tomllib.loads(a.plan.read_text(encoding='utf-8')), Notebooks()
    a.out.mkdir(parents=True, exist_ok=True)
    made, wrong = [], []
    for k, part in enumerate(plan['part'], 1):
        faults = []
        for s in part['slide']:                             # all faults at once
            for c in s['cells']:
                try: item(books, *c[:3], 300)
                except Wrong as e: faults.append(f"part {k}, {s['title']!r}: {e}")
        wrong += faults
        if faults: continue
        try: (a.out/f'part{k}.html').write_text(slides(part, books), encoding='utf-8')
        except Wrong as e: wrong.append(f'part {k}: {e}'); continue
        made.append((f'part{k}.html', part['title'], part['subtitle'], len(part['slide']) + 1))
    if wrong: print(*('FAILED: ' + w for w in wrong), sep='\n'); return 1
    unpack(reveal_package(a.reveal), a.out/'reveal')
    (a.out/'slides.css').write_text((SITE/'slides.css').read_text(encoding='utf-8') + '\n' + HtmlFormatter(style='default').get_style_defs('.highlight').replace('background: #f8f8f8', ''), encoding='utf-8')
    style = '<style>body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;color:#1b1f24}a{color:#0b57a4}</style>'
    rows = ''.join(f'<li><a href="{f}">{html.escape(t)}</a><br>{html.escape(s)}, {n} slides</li>' for f, t, s, n in made)
    (a.out/'index.html').write_text(page(f"Slides – {settings()['title']}", style, f"<main><h1>Slides</h1><ol>{rows}</ol><p>Arrow keys turn the pages, <kbd>S</kbd> shows the speaker's notes, <kbd>Esc</kbd> all slides, and <kbd>?</kbd> the other keys.</p></main>"), encoding='utf-8')
    print(f"{a.out}: {len(made)} parts, {', '.join(str(n) for *_, n in made)} slides")

if __name__ == '__main__': sys.exit(main())
