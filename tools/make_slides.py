"""Slides of the parts of the course, with reveal.js, from cells of the notebooks.

    python tools/make_slides.py OUT                   writes OUT/index.html, OUT/part1.html ... and OUT/reveal/
    python tools/make_slides.py OUT --sharp FOLDER    with figures of twice the resolution, for a projector

Which cells: teaching/slides.toml. Needs Python 3.11, what the extra `dev` installs and, the first time, npm: reveal.js
is fetched from its registry, checked and kept in a cache. The slides load nothing from other sites. Notebooks are
executed only with `--sharp`, which takes some minutes for each part; FOLDER keeps their figures, so that an interrupted
run goes on. Figures of cells that are flagged as slow, gpu or data stay as they are.
"""
import argparse
import base64
import hashlib
import html
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import SlidesExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from tqdm.auto import tqdm

from notebooks import ROOT, settings
from rendering import CELLS, Kept, Unchanged, exporter, images, shown_cells, size_of, style_sheet

VERSION = '5.2.1'                                           # of reveal.js, and the sha512 of its package
SHA512 = 'r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2qD+7ZPZEbpBDhdRhJaFgfQ7zNQ=='
FILES = 'dist/reveal.css', 'dist/reset.css', 'dist/reveal.js', 'plugin/notes/notes.js', 'LICENSE'
MAX_LINES, MAX_WIDTH = 12, 108                              # of code on a slide
MIN_SLIDES, MAX_SLIDES = 12, 22                             # of a part
ROOM = 570                                                  # pixels below the title of a slide
NEEDS = {'sentence': 84, 'paragraph': 130, 'formula': 90}   # pixels that a text takes
TEXTS = tuple(NEEDS)
LINE = 25                                                   # pixels of a line of code
SLIDES = CELLS + '''
{%- block any_cell scoped -%}{% set m = cell.metadata %}
{%- if m.slide_start %}<section>{% endif %}
{%- if m.subslide_start %}<section>{% endif %}
{%- if m.fragment_start %}<div class="fragment">{% endif %}
{%- if m.slide_type == 'notes' %}<aside class="notes">{{ super() }}</aside>
{%- elif m.slide_type != 'skip' %}{{ super() }}{% endif %}
{%- if m.fragment_end %}</div>{% endif %}
{%- if m.subslide_end %}</section>{% endif %}
{%- if m.slide_end %}</section>{% endif %}
{%- endblock any_cell -%}'''
END = re.compile(r'(?:(?<=[.!?])|(?<=[.!?][)*”"])|(?<=[.!?][)*”"][)*”"]))\s+(?=[A-Z*`$(“"\[])')
REFERENCE = re.compile(r'(?:#([0-9a-f]{8})\b *)?(.*)', re.S)            # '#id words', '#id' or 'words'
START = ("Reveal.initialize({ width: 1280, height: 720, margin: 0.02, hash: true, center: false, "
         "slideNumber: 'c/t', transition: 'none', plugins: [RevealNotes] })")
STYLE = ('<style>body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;'
         'color:#1b1f24}a{color:#0b57a4}</style>')
KEYS = ("<p>Arrow keys turn the pages, <kbd>S</kbd> shows the speaker's notes, <kbd>Esc</kbd> all slides, "
        'and <kbd>?</kbd> the other keys.</p>')


class Wrong(Exception):
    "What is wrong in slides.toml, in one line."


# ---------------------------------------------------------------- finding things in notebooks

def blocks(text):
    "Paragraphs, items of lists, tables and formulas of a markdown cell; no headings, no fenced code."
    text = re.sub(r'^(```|~~~).*?^\1\s*$', '', text, flags=re.M | re.S)
    text = re.sub(r'^(#.*|> .*)$', '', text, flags=re.M)
    for part in re.split(r'\n\s*\n', text):
        if re.match(r'\s*(?:[-*]|\d+\.) ', part):
            yield from (item.strip() for item in re.split(r'^\s*(?:[-*]|\d+\.) +', part, flags=re.M))
        else: yield part.strip()


def sentences(block):
    "The sentences of a paragraph."
    return END.split(block)


def only(found, what, where, hint=''):
    "The one thing that was found."
    if len(found) != 1:
        raise Wrong(f'{where}: {what!r} is found {len(found)} times, not once; choose other words{hint}')
    return found[0]


def plain(text):
    "A text as it is compared: without marks of emphasis, line breaks and capitals."
    return ' '.join(re.sub('[*`]', '', text).split()).casefold()


def holding(words, texts):
    "The texts with these words exactly as written; when there are none, those in which marks or capitals differ."
    return [t for t in texts if words in t] or [t for t in texts if plain(words) in plain(t)]


def nearest(words, texts):
    "The sentence that shares most words, as a hint."
    wanted = set(plain(words).split())
    def shared(sentence): return len(wanted & set(plain(sentence).split())) / (len(sentence.split()) + 20)
    every = [s for block in texts for s in sentences(block)]
    return f'; the nearest is {max(every, key=shared)[:120]!r}' if every else ''


def has_image(cell):
    "Whether a cell shows a picture."
    return next(images(cell), None) is not None


def has_text(cell):
    "Whether a cell says something."
    return bool(text_of(cell).strip())


def is_heading(cell):
    "Whether a cell begins a section."
    return cell.cell_type == 'markdown' and re.match('#+ ', cell.source)


class Notebooks(dict):
    "Notebooks as the site shows them but with their formulas as written, read when they are asked for."
    def __init__(self):
        self.kept = Kept()
        self.sharp = {}                                                # (name, id of a cell) -> [(mime type, bytes)]

    def __missing__(self, name):
        path = ROOT/'nbs'/f'{name}.ipynb'
        if not path.exists(): raise Wrong(f'{name}: no such notebook in nbs')
        self[name] = shown_cells(path, Unchanged())
        return self[name]

    def text(self, name, words):
        "The block of text with these words."
        cells = [c for c in self[name].cells if c.cell_type == 'markdown']
        every = [b for c in cells for b in blocks(c.source)]
        found = holding(words, every)
        return only(found, words, name, '' if found else nearest(words, every))

    def code(self, name, words):
        "The code cell with these words. `$` at the end: the cell ends there."
        def has(cell):
            if words.endswith('$'): return cell.source.rstrip().endswith(words[:-1])
            return words in cell.source
        return only([c for c in self[name].cells if c.cell_type == 'code' and has(c)], words, name)

    def cell(self, name, reference):
        "The code cell with this id, or, when it is gone or there is none, with these words."
        ident, words = REFERENCE.fullmatch(reference).groups()
        found = [c for c in self[name].cells if c.cell_type == 'code' and c.id == ident]
        if found or not words: return only(found, reference, name)
        return self.code(name, words)

    def showing(self, name, reference, shows):
        "The cell that is meant, or, when it shows nothing, the next one in its section that does."
        cell = self.cell(name, reference)
        every = self[name].cells
        for other in every[every.index(cell):]:
            if is_heading(other): break
            if shows(other): return other
        return cell


# ---------------------------------------------------------------- one thing on a slide

def cut(lines, number, what, where):
    "The first lines, as many as are wanted; not more than fit on a slide."
    lines = lines[:number] if number else lines
    wide = max(map(len, lines), default=0)
    if len(lines) > MAX_LINES:
        raise Wrong(f'{where}: {what!r} has {len(lines)} lines, more than {MAX_LINES}; write code:N or output:N')
    if wide > MAX_WIDTH: raise Wrong(f'{where}: {what!r} has a line of {wide} characters, more than {MAX_WIDTH}')
    return '\n'.join(lines)


def parse_kind(kind):
    "('output', 2, 6) for output:2-6, ('code', 1, 3) for code:3, ('figure', 1, 0) for figure."
    kind, _, numbers = kind.partition(':')
    if '-' not in numbers: return kind, 1, int(numbers or 0)
    first, last = numbers.split('-')
    return kind, int(first), int(last)


def sentence_from(block, words, n, where):
    "The sentence with these words, and those after it until there are `n`."
    every = sentences(block)
    k = every.index(only(holding(words, every), words, where))
    text = ' '.join(every[k:k + max(n, 1)])
    return text.replace('**', '') if text.count('**') % 2 else text    # a mark that another sentence closes


def text_item(books, name, kind, words, n, where):
    "A sentence, a paragraph or a formula."
    block = books.text(name, words)
    if kind == 'sentence': block = sentence_from(block, words, n, where)
    block = block.rstrip(';,')                                         # an item of a list becomes a sentence
    return new_markdown_cell(block[0].upper() + block[1:])


def code_item(cell, words, n, where):
    "The source of a cell, or `n` lines of it from the words on."
    lines = cell.source.splitlines()
    if n:
        first = words.splitlines()[0]
        lines = lines[next(i for i, line in enumerate(lines) if first in line):]
    return new_code_cell(cut(lines, n, words, where))


def figure_tag(data, mime, alt, height, largest=2):
    "An image within the page, at most `height` pixels high and enlarged `largest` times."
    w, h = (int(x) for x in re.findall(r'"(\d+)"', size_of(data, mime))) or (800, 400)
    scale = min(1200 / w, height / h, largest)
    src = f'data:{mime};base64,{base64.b64encode(data).decode()}'
    return f'<img src="{src}" alt="{html.escape(alt)}" width="{w * scale:.0f}" height="{h * scale:.0f}">'


def figure_output(cell, words, n, where, height, sharp=()):
    "Image number `n` of a cell, from its `sharp` images if there are any."
    found = [(mime, data) for _, mime, data in images(cell)]
    if len(found) <= n: raise Wrong(f'{where}: {words!r} has {len(found)} images')
    largest = 1 if sharp else 2
    if sharp and len(sharp) != len(found):
        raise Wrong(f'{where}: {words!r} has {len(found)} images, executed again {len(sharp)}')
    mime, data = (sharp or found)[n]
    new = new_output('display_data', {mime: base64.b64encode(data).decode()})
    new.metadata['picture'] = figure_tag(data, mime, cell.metadata.alt, height, largest)
    return new


def said_by(output):
    "The text of an output."
    if output.output_type == 'stream': return output.text
    return output.data.get('text/markdown') or output.data.get('text/plain', '')


def text_of(cell):
    "All that a cell says."
    outputs = [o for o in cell.get('outputs', []) if not {'image/png', 'image/jpeg'} & set(o.get('data', {}))]
    return ''.join(said_by(o) for o in outputs)


def text_output(cell, words, first, last, where):
    "What a cell says, whole as Markdown, or the lines from `first` to `last`."
    said = text_of(cell)
    if not said.strip(): raise Wrong(f'{where}: {words!r} has no text output')
    if any('text/markdown' in o.get('data', {}) for o in cell.outputs):
        return new_output('display_data', {'text/markdown': said})
    lines = [line for line in said.splitlines() if line.strip()]
    return new_output('stream', name='stdout', text=cut(lines[first - 1:last or None], 0, words, where))


def without_source(outputs):
    "A code cell that shows only its outputs."
    return new_code_cell('', outputs=outputs, metadata={'transient': {'remove_source': True}})


def item(books, name, kind, words, height):
    "One thing on a slide, as a notebook cell. For the kinds see teaching/README.md."
    kind, first, n = parse_kind(kind)
    where = f'{name}, {kind}'
    if kind in TEXTS: return text_item(books, name, kind, words, n, where)
    if kind == 'code':
        cell = books.code(name, words)
        if cell.metadata.transient.remove_source: raise Wrong(f'{where}: {words!r} is hidden by echo: false')
        new = code_item(cell, words, n, where)
    elif kind == 'figure':
        cell = books.showing(name, words, has_image)
        sharp = books.sharp.get((name, cell.id), ())
        new = without_source([figure_output(cell, words, n, where, height, sharp)])
    elif kind == 'output':
        cell = books.showing(name, words, has_text)
        new = without_source([text_output(cell, words, first, n, where)])
    else: raise Wrong(f'{where}: no such kind; choose figure, output, code, sentence, paragraph or formula')
    new.metadata.alt = cell.metadata.alt
    return new


# ---------------------------------------------------------------- decks

def figure_height(entries):
    "How high each figure of a slide may be, in pixels: what the other things leave."
    room, figures = ROOM, 0
    for _, kind, *_ in entries:
        kind, _, last = parse_kind(kind)
        room -= NEEDS.get(kind, 0)
        figures += kind == 'figure'
        if kind in ('code', 'output'): room -= LINE * ((last or 6) + 1)
    return room / max(figures, 1)


def slide_cells(slide, books):
    "(cell, its kind in the slide show) of one slide."
    entries = slide['cells']
    yield new_markdown_cell(f"## {slide['title']}"), slide.get('type', 'slide')
    height = figure_height(entries)
    for name, kind, words, *how in entries:
        yield item(books, name, kind, words, height), how[0] if how else '-'
    source = ', '.join(dict.fromkeys(name for name, *_ in entries))
    yield new_markdown_cell(f'<p class="source">{source}</p>'), '-'
    if 'notes' in slide: yield new_markdown_cell(slide['notes']), 'notes'


def keep_formulas(cell, kept):
    "Formulas in a text, or in what a cell shows, become MathML."
    if cell.cell_type == 'markdown': cell.source = kept.formulas(cell.source)
    for output in cell.get('outputs', []):
        if 'text/markdown' in output.get('data', {}):
            output.data['text/markdown'] = kept.formulas(output.data['text/markdown'])


def deck(part, books):
    "The notebook of a part, with slideshow metadata."
    n = len(part['slide'])
    if not MIN_SLIDES <= n <= MAX_SLIDES:
        raise Wrong(f"{part['title']}: {n} slides; a part has {MIN_SLIDES} to {MAX_SLIDES}")
    cells = [(new_markdown_cell(f"# {part['title']}\n\n{part['subtitle']}"), 'slide')]
    for slide in part['slide']: cells += slide_cells(slide, books)
    nb = new_notebook()
    for cell, kind in cells:
        cell.metadata['slideshow'] = {'slide_type': kind}
        keep_formulas(cell, books.kept)
        nb.cells.append(cell)
    nb.metadata.language_info = nbformat.from_dict({'name': 'python'})
    return nb


# ---------------------------------------------------------------- pages

def page(title, head, body, scripts=''):
    "A page as it is written."
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


def fit(text):
    "The font size in pixels at which the longest line fits."
    return min(24, 1950 / max(map(len, text.splitlines()), default=1))


def fit_code(body):
    "Highlighted code, at a size at which it fits."
    def sized(match):
        plain = re.sub('<[^>]*>', '', html.unescape(match[1]))
        return f'<pre style="font-size: {fit(plain):.0f}px">{match[1]}</pre>'
    return re.sub(r'<pre>(?=<span></span>)(.*?)</pre>', sized, body, flags=re.S)


def slides_body(part, books):
    "The slides of a part as HTML."
    body = exporter(books.kept, SLIDES, SlidesExporter, 'reveal').from_notebook_node(deck(part, books))[0]
    soup = BeautifulSoup(body, 'html.parser')
    for a in soup.select('a.anchor-link'): a.decompose()
    for h in soup.select('[id]'): del h['id']                          # reveal.js numbers slides itself
    for h in soup.select('.out :is(h1, h2, h3)'): h.decompose()        # the slide has its own title
    for pre in soup.select('.out pre'): pre['style'] = f'font-size: {fit(pre.get_text()):.0f}px'
    return fit_code(books.kept.back(str(soup)))


def slides(part, books):
    "The page of a part."
    sheets = 'reveal/dist/reset.css', 'reveal/dist/reveal.css', 'slides.css'
    head = ''.join(f'<link rel="stylesheet" href="{f}">\n' for f in sheets)
    files = 'reveal/dist/reveal.js', 'reveal/plugin/notes/notes.js'
    scripts = ''.join(f'<script src="{f}"></script>\n' for f in files) + f'<script>{START}</script>'
    body = f'<main class="reveal"><div class="slides">{slides_body(part, books)}</div></main>'
    return page(f"{part['title']} – {settings()['title']}", head, body, scripts)


def contents(made):
    "The page that leads to the parts."
    rows = ''.join(f'<li><a href="{file}">{html.escape(title)}</a><br>{html.escape(subtitle)}, {n} slides</li>'
                   for file, title, subtitle, n in made)
    return page(f"Slides – {settings()['title']}", STYLE, f'<main><h1>Slides</h1><ol>{rows}</ol>{KEYS}</main>')


# ---------------------------------------------------------------- reveal.js

def cache_folder():
    "Where the package is kept."
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home()/'.cache')/'patchad_nb'


def fetch(file):
    "Let npm fetch the package."
    file.parent.mkdir(parents=True, exist_ok=True)
    package = f'reveal.js@{VERSION}'
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        command = ['npm', 'pack', package, '--silent', '--pack-destination', folder]
        try: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as e:
            sys.exit(f'FAILED: npm pack {package} ({e}); install npm, or give the package with --reveal FILE')
        next(Path(folder).glob('*.tgz')).rename(file)


def reveal_package(given=None):
    "The package of reveal.js: given, from the cache, or from npm's registry. Its checksum must be the known one."
    file = given or cache_folder()/f'reveal.js-{VERSION}.tgz'
    if not file.exists():
        if given: sys.exit(f'FAILED: {given}: no such file')
        fetch(file)
    got = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if got != SHA512: sys.exit(f'FAILED: {file} is not reveal.js {VERSION}: its sha512 is {got}; remove it')
    return file


def unpack(file, out):
    "Write the files of reveal.js that the slides load."
    with tarfile.open(file) as tar:
        for name in FILES:
            (out/name).parent.mkdir(parents=True, exist_ok=True)
            (out/name).write_bytes(tar.extractfile(f'package/{name}').read())


# ---------------------------------------------------------------- all parts

def shown_figures(parts, books):
    "Notebook -> the cells whose figures are on slides."
    found = {}
    for name, kind, words, *_ in (entry for part in parts for slide in part['slide'] for entry in slide['cells']):
        if kind.startswith('figure'): found.setdefault(name, set()).add(books.showing(name, words, has_image).id)
    return found


def sharpen(parts, books, folder):
    "Execute the notebooks again for their figures."
    from sharp import sharp_figures
    for name, cells in tqdm(shown_figures(parts, books).items(), desc='notebooks'):
        for i, figures in sharp_figures(name, cells, folder).items(): books.sharp[name, i] = figures


def faults_of(part, k, books):
    "All faults in the entries of a part at once."
    for slide in part['slide']:
        for name, kind, words, *_ in slide['cells']:
            try: item(books, name, kind, words, 300)
            except Wrong as e: yield f"part {k}, {slide['title']!r}: {e}"


def write_part(part, k, books, out):
    "Write the page of a part; what is wrong with it, if something is."
    faults = list(faults_of(part, k, books))
    if faults: return faults
    try: (out/f'part{k}.html').write_text(slides(part, books), encoding='utf-8')
    except Wrong as e: return [f'part {k}: {e}']
    return []


def arguments(argv):
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', metavar='OUT', type=Path, help='folder of the slides')
    p.add_argument('--plan', type=Path, default=ROOT/'teaching'/'slides.toml',
                   help='which cells (default: teaching/slides.toml)')
    p.add_argument('--reveal', type=Path, help='the package of reveal.js, from npm pack')
    p.add_argument('--sharp', metavar='FOLDER', type=Path, help='figures of twice the resolution, kept in this folder')
    return p.parse_args(argv)


def main(argv=None):
    "The command line."
    a = arguments(argv)
    parts = tomllib.loads(a.plan.read_text(encoding='utf-8'))['part']
    books = Notebooks()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.sharp: sharpen(parts, books, a.sharp)
    wrong = []
    for k, part in enumerate(parts, 1): wrong += write_part(part, k, books, a.out)
    if wrong:
        for w in wrong: print('FAILED:', w)
        return 1
    made = [(f'part{k}.html', part['title'], part['subtitle'], len(part['slide']) + 1)
            for k, part in enumerate(parts, 1)]
    unpack(reveal_package(a.reveal), a.out/'reveal')
    (a.out/'slides.css').write_text(style_sheet('slides.css'), encoding='utf-8')
    (a.out/'index.html').write_text(contents(made), encoding='utf-8')
    print(f"{a.out}: {len(made)} parts, {', '.join(str(n) for *_, n in made)} slides")


if __name__ == '__main__': sys.exit(main())
