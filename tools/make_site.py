"""The whole course as a static web site, without quarto and without network.

    python tools/make_site.py OUT            writes OUT/index.html and the other pages
    python tools/make_site.py OUT --check    then walks through them: dead links, missing images and alt texts, ...

Needs nbconvert and latex2mathml: pip install -e '.[docs]'. No notebook is executed; the committed outputs are shown.
Slides that tools/make_slides.py has written into OUT/slides get a link.
"""
import argparse, ast, base64, html, importlib, inspect, io, json, pkgutil, pprint, re, shutil, sys
from collections import Counter
from configparser import ConfigParser
from dataclasses import dataclass, field, is_dataclass
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote

import nbformat
from bs4 import BeautifulSoup
from fastcore.docments import docments
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML, markdown2html
from PIL import Image
from pygments.formatters import HtmlFormatter

from make_readme import directives

ROOT = Path(__file__).resolve().parent.parent
HIGHLIGHT = Highlight2HTML(pygments_lexer='python')
SITE = Path(__file__).resolve().parent/'site'
IMAGES = {'image/png': 'png', 'image/jpeg': 'jpg', 'image/svg+xml': 'svg'}
CODE_OR_MATH = re.compile(r'(^ *(?P<f>```|~~~).*?^ *(?P=f)|(?<!`)(?P<t>`+)(?!`).+?(?<!`)(?P=t)(?!`))|\$\$(?P<block>.+?)\$\$|(?<![\\$])\$(?=\S)(?P<inline>[^$]+?)(?<=\S)\$(?!\d)', re.M | re.S)
BOLD_ITALIC = {chr(a + i): chr(b + i) for a, b, n in ((0x391, 0x1D71C, 25), (0x3B1, 0x1D736, 25), (0x41, 0x1D468, 26), (0x61, 0x1D482, 26)) for i in range(n)}
FLAGS = {'slow': 'slow: takes minutes, not run by the default tests', 'gpu': 'needs a GPU, not run by the default tests', 'data': 'needs a folder of images, not run by the default tests'}
WIDGET = '*Something to move with the mouse: open the notebook to use it.*'
COLAB = '<svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true"><g fill="none" stroke="#a35200" stroke-width="2.4"><circle cx="5.5" cy="6" r="4"/><circle cx="12.5" cy="6" r="4"/></g></svg>'

# Notebook to HTML: plain boxes, and no scripts or style sheets of others. The slides use the same.
CELLS = '''{%- extends 'display_priority.j2' -%}
{% block codecell %}<div class="cell" id="cell-{{ cell.id }}">{{ super() }}</div>{% endblock %}
{% block in_prompt %}{% endblock %}
{% block input %}{{ cell.metadata.flag or '' }}<div class="in{% if cell.metadata.exported %} exported{% endif %}">{{ cell.source | highlight_code(metadata=cell.metadata) }}</div>{% endblock %}
{% block output_group %}{% if cell.outputs %}<div class="out">{{ super() }}</div>{% endif %}{% endblock %}
{% block output_prompt %}{% endblock %}
{% block stream_stdout %}<pre>{{ output.text | ansi2html }}</pre>{% endblock %}
{% block stream_stderr %}<pre>{{ output.text | ansi2html }}</pre>{% endblock %}
{% block error %}<div class="err"><pre>{{ super() }}</pre></div>{% endblock %}
{% block traceback_line %}{{ line | ansi2html }}{% endblock %}
{% block data_text %}<pre>{{ output.data['text/plain'] | ansi2html }}</pre>{% endblock %}
{% block data_html %}{{ output.data['text/html'] }}{% endblock %}
{% block data_markdown %}{{ output.data['text/markdown'] | markdown2html }}{% endblock %}
{% block data_png %}{{ output.metadata.picture }}{% endblock %}
{% block data_jpg %}{{ output.metadata.picture }}{% endblock %}
{% block data_svg %}{{ output.metadata.picture }}{% endblock %}
{% block data_latex %}<pre>{{ output.data['text/latex'] | e }}</pre>{% endblock %}
{% block data_javascript %}{% endblock %}
{% block data_widget_view %}{% endblock %}
{% block markdowncell %}{{ cell.source | markdown2html }}{% endblock %}
'''

def settings():
    parser = ConfigParser(delimiters=['=']); parser.read(ROOT/'settings.ini', encoding='utf-8')
    return parser['DEFAULT']

@dataclass
class Page:
    "One page: where it comes from, where it goes, and what it holds."
    group: str                   # heading in the sidebar
    url: str                     # relative to the root of the site
    source: Path|None = None     # notebook or Markdown file
    number: str = ''             # of the chapter, as in its file name
    title: str = ''
    body: str = ''
    sections: list = field(default_factory=list) # (level, id, text) of its headings

# ---------------------------------------------------------------- what pages there are

def all_pages():
    "Notebooks and texts in reading order. Files whose names start with a dot or an underscore are left out."
    pages = [Page('Course', 'index.html', ROOT/'nbs'/'index.ipynb')]
    def add(group, base, paths):
        for p in paths:
            parts = p.relative_to(base).with_suffix('.html').parts
            if any(part[0] in '._' for part in parts): continue
            number = re.match(r'(\d+[a-z]?)_', p.name)
            pages.append(Page(group, '/'.join(parts).replace('README.html', 'index.html'), p, number[1] if number else ''))
    top = sorted((ROOT/'nbs').glob('*.ipynb'), key=lambda p: (not p.name[0].isdigit(), p.name))     # chapters first, then glossary and the like
    add('Course', ROOT/'nbs', [p for p in top if p.name != 'index.ipynb'])
    for folder in sorted(p for p in (ROOT/'nbs').iterdir() if p.is_dir()): add(folder.name.capitalize(), ROOT/'nbs', sorted(folder.rglob('*.ipynb')))
    add('Exercises', ROOT, sorted((ROOT/'exercises').rglob('*.ipynb')))
    add('Teaching', ROOT, sorted((ROOT/'teaching').glob('*.md')))
    return pages

def exported_names(pages):
    "{module: (page, {name: id of the cell that defines it})}, from the cells marked `#| export`."
    found = {}
    for page in pages:
        if not page.source or page.source.suffix != '.ipynb': continue
        module, names = None, {}
        for cell in json.loads(page.source.read_text(encoding='utf-8'))['cells']:
            if cell['cell_type'] != 'code': continue
            flags, source = directives(''.join(cell['source']))
            module = flags.get('default_exp', module)
            if not flags.keys() & {'export', 'exports', 'exporti'}: continue
            for node in ast.parse(source).body:
                defined = [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else [t.id for a in (node.targets if isinstance(node, ast.Assign) else []) for t in ast.walk(a) if isinstance(t, ast.Name)]
                for name in defined: names.setdefault(name, f"cell-{cell['id']}")
        if module: found[module] = page, names
    return found

# ---------------------------------------------------------------- text and formulas

def mathml(tex, block):
    "A formula as MathML, which browsers draw without any script."
    from latex2mathml.converter import convert
    try: out = convert(tex.strip(), display='block' if block else 'inline')
    except Exception as e: sys.exit(f'FAILED: the formula {tex.strip()[:80]!r} cannot be converted ({e!r}); write it in simpler LaTeX')
    out = html.unescape(out.replace('&#x0003C;', '&amp;lt;').replace('&#x00026;', '&amp;amp;'))
    out = re.sub(r'<mi mathvariant="bold-italic">(.)</mi>', lambda m: f'<mi>{BOLD_ITALIC.get(m[1], m[1])}</mi>', out)     # browsers know no bold mathvariant
    return f'<span class="formula">{out}</span>' if block else out

class Kept(list):
    "Formulas and highlighted code are kept aside while Markdown and HTML are read, and put in at the very end."
    def keep(self, finished, plain=''): self.append((finished, plain)); return f'\ue000{len(self) - 1}\ue001'
    def formulas(self, text):
        def take(m): return m[0] if m['block'] is None and m['inline'] is None else self.keep(mathml(m['block'] or m['inline'], m['block'] is not None), m['block'] or m['inline'])
        return CODE_OR_MATH.sub(take, text)
    def code(self, source, **kw): return self.keep(HIGHLIGHT(source))
    def plain(self, text): return re.sub('\ue000(\\d+)\ue001', lambda m: re.sub(r'\W', '', self[int(m[1])][1]), text)
    def back(self, text): return re.sub('\ue000(\\d+)\ue001', lambda m: self[int(m[1])][0], text)

# ---------------------------------------------------------------- notebooks

def alt_text(flags, heading, title): return flags.get('fig-alt') or flags.get('fig-cap') or f'Figure in the section “{heading or title}”'

def shown_cells(path, kept):
    "The cells that a reader sees, without directives, and each with `alt`: the text for its images."
    nb, cells, heading, title = nbformat.read(path, as_version=4), [], '', ''
    for cell in nb.cells:
        if cell.cell_type == 'markdown':
            for line in re.sub(r'^(```|~~~).*?^\1', '', cell.source, flags=re.M | re.S).splitlines():
                if m := re.match(r'(#+) +(.*)', line): heading = re.sub(r'[`*$\\]', '', m[2]); title = title or heading
            cell.source = kept.formulas(cell.source)
        elif cell.cell_type == 'code':
            flags, cell.source = directives(cell.source)
            if 'hide' in flags or flags.get('include') == 'false': continue
            if 'hide_output' in flags or flags.get('output') == 'false': cell.outputs = []
            hidden = 'hide_input' in flags or flags.get('echo') == 'false' or not cell.source.strip()
            if hidden and not cell.outputs: continue
            flag = ''.join(f'<p class="flag">{FLAGS[f]}</p>' for f in FLAGS if f in flags)
            cell.metadata = nbformat.from_dict(dict(alt=alt_text(flags, heading, title), flag=flag, exported='export' in flags, transient={'remove_source': hidden}))
            for o in cell.outputs:
                if o.output_type == 'execute_result': o.output_type = 'display_data'; o.pop('execution_count', None)     # shown alike
                if 'application/vnd.jupyter.widget-view+json' in o.get('data', {}): o.data = nbformat.from_dict({'text/markdown': WIDGET})
                if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = kept.formulas(o.data['text/markdown'])
        else: continue
        cells.append(cell)
    nb.cells, nb.metadata.language_info = cells, nbformat.from_dict({'name': 'python'})
    return nb

def size_of(data, kind):
    if kind == 'image/svg+xml': return ''
    with Image.open(io.BytesIO(data)) as im: return f' width="{im.width}" height="{im.height}"'

def images(cell): # (output, mime type, bytes) of each image that a cell shows
    for o in cell.get('outputs', []):
        kind = next((k for k in ('image/svg+xml', 'image/png', 'image/jpeg') if k in o.get('data', {}) and 'text/html' not in o.data), None)
        if kind: yield o, kind, o.data[kind].encode() if kind == 'image/svg+xml' else base64.b64decode(o.data[kind])

def exporter(kept, template=CELLS, cls=HTMLExporter, name='basic'):
    e = cls(template_name=name, filters={'highlight_code': kept.code})
    e.raw_template = template
    return e

def notebook_body(page, out, kept, export):
    nb = shown_cells(page.source, kept)
    n_images, folder = 0, out/'img'/page.url.removesuffix('.html').replace('/', '_')
    for cell in nb.cells:
        for n, (output, kind, data) in enumerate(images(cell)):
            file = folder/f'{cell.id}{f"-{n}" if n else ""}.{IMAGES[kind]}'
            file.parent.mkdir(parents=True, exist_ok=True); file.write_bytes(data); n_images += 1
            src = relpath(file, (out/page.url).parent).replace('\\', '/')
            output.metadata['picture'] = f'<a class="fig" href="{src}"><img src="{src}" alt="{html.escape(cell.metadata.alt)}"{size_of(data, kind)} loading="lazy"></a>'
    body = export.from_notebook_node(nb)[0]
    shown = body.count('<a class="fig"')
    if shown != n_images: sys.exit(f'FAILED: {page.source.name} has {n_images} images, but {shown} of them are on its page; look at CELLS')
    return body

# ---------------------------------------------------------------- API

def annotation(a):
    if a is inspect.Parameter.empty or a is None: return ''
    text = a if isinstance(a, str) else inspect.formatannotation(a)
    return re.sub(r'\b(?:[a-z_]\w*\.)+(?=[A-Z])', '', text)          # pathlib.Path -> Path, torch.Tensor -> Tensor

def signature(name, f, bound=False):
    "The signature as a `def`, broken into lines when long."
    try: parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError): return name + '(...)'
    if bound and parameters and parameters[0].name == 'self': parameters = parameters[1:]
    words, kinds = [], [p.kind for p in parameters]
    for k, p in enumerate(parameters):
        if p.kind is p.KEYWORD_ONLY and p.VAR_POSITIONAL not in kinds[:k] and p.KEYWORD_ONLY not in kinds[:k]: words.append('*')
        star = {p.VAR_POSITIONAL: '*', p.VAR_KEYWORD: '**'}.get(p.kind, '')
        kind = annotation(p.annotation)
        default = '' if p.default is p.empty else (' = ' if kind else '=') + (getattr(p.default, '__name__', None) or repr(p.default))
        words.append(star + p.name + (f': {kind}' if kind else '') + default)
    back = annotation(inspect.signature(f).return_annotation) if not name.startswith('__') else ''
    line = f"{name}({', '.join(words)})" + (f' -> {back}' if back else '')
    return line if len(line) <= 100 else f'{name}(\n    ' + ',\n    '.join(words) + ')' + (f' -> {back}' if back else '')

def inline(text): # one line of Markdown
    return html.escape(text) if not re.search(r'[`*_\\[<]', text) else markdown2html(text).strip().removeprefix('<p>').removesuffix('</p>')

def parameter_table(f, kept):
    "What docments say: a row per parameter, and one for what is returned."
    try: docs = docments(f, full=True, returns=True)
    except Exception: return ''
    rows = [(name, d) for name, d in docs.items() if name != 'self' and (d.get('docment') or name != 'return')]
    if not any(d.get('docment') for _, d in rows): return ''
    out = '<table><thead><tr><th scope="col">parameter</th><th scope="col">type</th><th scope="col">default</th><th scope="col">meaning</th></tr></thead><tbody>'
    for name, d in rows:
        default = '' if name == 'return' or d.get('default', inspect.Parameter.empty) is inspect.Parameter.empty else f"<code>{html.escape(getattr(d['default'], '__name__', None) or repr(d['default']))}</code>"
        kind = annotation(d.get('anno'))
        label = '<em>returns</em>' if name == 'return' else f'<code>{name}</code>'
        out += f"<tr><td>{label}</td><td>{f'<code>{html.escape(kind)}</code>' if kind else ''}</td><td>{default}</td><td>{inline(kept.formulas(' '.join((d.get('docment') or '').split())))}</td></tr>"
    return out + '</tbody></table>'

def doc(obj, kept): return markdown2html(kept.formulas(inspect.cleandoc(obj.__doc__))) if getattr(obj, '__doc__', None) else ''

def methods(cls):
    "Public methods that the class itself has, with those that were patched in."
    for name, m in vars(cls).items():
        f = m.__func__ if isinstance(m, (classmethod, staticmethod)) else m
        if not name.startswith('_') and (inspect.isfunction(f) or isinstance(m, property)): yield name, f

def api_body(module, built, kept):
    "The page of one module: every public name, with its signature, docstring and table of parameters."
    m = importlib.import_module(f"{settings()['lib_path']}.{module}")
    page, cells = built.get(module, (None, {}))
    title = f'{page.number} {page.title}'.strip() if page else ''
    out = [f'<h1 id="top"><code>{m.__name__}</code></h1>']
    if page: out.append(f'<p>{html.escape(inspect.cleandoc(m.__doc__ or "").splitlines()[0]) if m.__doc__ else ""}</p><p>This module is made by the chapter <a href="../{page.url}">{title}</a>, which explains it.</p>')
    for name in m.__all__:
        obj = getattr(m, name)
        link = f'<p class="built">built in <a href="../{page.url}#{cells[name]}">{title}: {name}</a></p>' if name in cells else ''
        out.append(f'<section class="entry"><h2 id="{name}">{name}</h2>')
        if inspect.isclass(obj):
            base = ', '.join(b.__name__ for b in obj.__bases__ if b is not object)
            own = '__init__' in vars(obj)
            out += [kept.code(('@dataclass\n' if is_dataclass(obj) else '') + f'class {name}{f"({base})" if base else ""}' + (':\n' + '\n'.join('    ' + l for l in signature('__init__', obj).splitlines()) if own or is_dataclass(obj) else '')), link, doc(obj, kept) if obj.__doc__ and not obj.__doc__.startswith(name + '(') else '',
                    parameter_table(obj, kept) if own else '']
            for n, f in methods(obj):
                shown = kept.code(f'@property\n{n}') if isinstance(f, property) else kept.code(signature(n, f, bound=True))
                out += [f'<section class="entry"><h3 id="{name}.{n}">{name}.{n}</h3>', shown, doc(f, kept), '' if isinstance(f, property) else parameter_table(f, kept), '</section>']
        elif callable(obj): out += [kept.code(signature(name, obj)), link, doc(obj, kept), parameter_table(obj, kept)]
        else:
            lines = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r'\1', pprint.pformat(obj, width=100, compact=True, sort_dicts=False)).splitlines()
            out += [kept.code('\n'.join([f'{name} = {lines[0]}', *lines[1:30]] + ['...'] * (len(lines) > 30))), link]
        out.append('</section>')
    return '\n'.join(out)

# ---------------------------------------------------------------- from bodies to pages

def link_target(href, page, by_source):
    "Where a link that was written beside a notebook leads on the site. Files that are no page lead to the repository."
    if re.match(r'[a-z][a-z0-9+.-]*:|//|#', href, re.I) or not page.source: return href
    path, mark, anchor = href.partition('#')
    for base in (page.source.parent, ROOT):                            # beside the notebook, or as in the README
        file = (base/path).resolve()
        if file in by_source: return relpath(by_source[file].url, Path(page.url).parent).replace('\\', '/') + mark + anchor
        if file.exists() and file.is_relative_to(ROOT): return f"{settings()['git_url']}/{'tree' if file.is_dir() else 'blob'}/{settings()['branch']}/{file.relative_to(ROOT).as_posix()}{mark}{anchor}"
    return href                                                        # dead: the check will say so

def finish(page, out, kept, by_source, names):
    "Headings get anchors, tables a box to scroll in, links their targets, and names of the library a link."
    soup, seen = BeautifulSoup(page.body, 'html.parser'), Counter()
    for box in soup.select('.out'):
        for h in box.find_all(re.compile('^h[1-6]$')): h.name = 'p'; h.attrs = {'class': 'said'}     # headings of an output are no sections
        for a in box.select('a.anchor-link'): a.decompose()
    for a in soup.select('a.anchor-link'): a.decompose()
    for h in soup.find_all(re.compile('^h[1-4]$')):
        ident = kept.plain(unquote(h.get('id') or '') or re.sub(r'\s+', '-', h.get_text()))
        seen[ident] += 1; h['id'] = ident if seen[ident] == 1 else f'{ident}-{seen[ident]}'
        page.sections.append((int(h.name[1]), h['id'], kept.plain(h.get_text().strip())))
        if h.name != 'h1': h.append(soup.new_tag('a', href=f"#{h['id']}", attrs={'class': 'anchor', 'aria-label': 'link to this section'})); h.a.string = '#' if h.a and h.a.get('class') == ['anchor'] else h.a.string
    for t in soup.find_all('table'):
        if t.thead and not t.thead.get_text(strip=True): t.thead.decompose(); t['class'] = 'facts'
        if t.get('class') == 'facts':
            for row in t.find_all('tr'): row.td.name = 'th'; row.th['scope'] = 'row'
        for th in t.select('thead th'): th['scope'] = 'col'
        t.wrap(soup.new_tag('div', attrs={'class': 'scroll'}))
    for a in soup.find_all('a', href=True):
        if page.source and 'fig' not in a.get('class', []): a['href'] = link_target(a['href'], page, by_source)
    for img in soup.select('img[src*="colab-badge"]'): (img.find_parent('a') or img).decompose()     # every page has a button of its own
    for img in soup.find_all('img', src=True):                         # pictures that lie beside a text
        file = page.source and (page.source.parent/img['src']).resolve()
        if file and file.is_file() and file.is_relative_to(ROOT):
            copy = out/'img'/file.relative_to(ROOT); copy.parent.mkdir(parents=True, exist_ok=True); shutil.copy(file, copy)
            img['src'] = relpath(copy, (out/page.url).parent).replace('\\', '/')
    for c in soup.find_all('code'):
        target = names.get(c.get_text())
        if target and not c.find_parent(['a', 'pre', 'h1', 'h2', 'h3', 'h4']):
            home = [url for url in target if page.number and url in page.links] or (target if len(target) == 1 else [])
            if home: c.wrap(soup.new_tag('a', href=relpath(home[0].split('#')[0], Path(page.url).parent).replace('\\', '/') + '#' + home[0].partition('#')[2], attrs={'class': 'api'}))
    page.body = kept.back(str(soup))
    page.title = next((text for level, _, text in page.sections if level == 1), page.url)

def badges(page):
    if not page.source: return ''
    cfg, path = settings(), page.source.relative_to(ROOT).as_posix()
    repo = f"{cfg['user']}/{cfg['repo']}"
    links = [f'<a href="{cfg["git_url"]}/blob/{cfg["branch"]}/{path}">{"Notebook" if path.endswith(".ipynb") else "Source"} on GitHub</a>']
    if path.endswith('.ipynb'): links.insert(0, f'<a href="https://colab.research.google.com/github/{repo}/blob/{cfg["branch"]}/{path}">{COLAB} Open in Colab</a>')
    return f'<p class="badges">{" ".join(links)}</p>'

def sidebar(page, pages, slides):
    up, out = '../' * page.url.count('/'), []
    for group in dict.fromkeys(p.group for p in pages):
        out.append(f'<h2>{group}</h2><ul>')
        for p in (p for p in pages if p.group == group):
            here = p is page
            label = (f'<span class="n">{p.number}</span>' if p.number else '') + html.escape(p.title.removeprefix(f'{group}: '))
            inner = ''.join(f'<li><a href="#{i}">{html.escape(t)}</a></li>' for level, i, t in p.sections if level == 2) if here else ''
            out.append(f'<li><a href="{up}{p.url}"{" aria-current=page" if here else ""}>{label}</a>{f"<ul>{inner}</ul>" if inner else ""}</li>')
        if group == 'Teaching' and slides: out.append(f'<li><a href="{up}slides/index.html">Slides</a></li>')
        out.append('</ul>')
    return ''.join(out)

def full_page(page, pages, slides):
    cfg, up = settings(), '../' * page.url.count('/')
    family = [p for p in pages if (p.group == 'API') == (page.group == 'API')]
    k = family.index(page)
    before, after = (family[k - 1] if k else None), (family[k + 1] if k + 1 < len(family) else None)
    turn = (f'<a rel="prev" href="{up}{before.url}">← {html.escape(before.title)}</a>' if before else '') + (f'<a rel="next" class="next" href="{up}{after.url}">{html.escape(after.title)} →</a>' if after else '')
    body = re.sub(r'(</h1>(?:\s*<blockquote>.*?</blockquote>)?)', lambda m: m[1] + badges(page), page.body, count=1, flags=re.S)
    title = page.title if page.url == 'index.html' else f"{page.title} – {cfg['title']}"
    return f'''<!doctype html>
<html lang="en" data-root="{up}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{up}style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
<a class="brand" href="{up}index.html">{cfg['title']}</a>
<input type="checkbox" id="menu"><label class="menu" for="menu">Pages</label>
<div class="search" role="search" hidden><input type="search" aria-label="Search headings and names" placeholder="Search ( / )" autocomplete="off"><div class="found" role="status"></div></div>
</header>
<div class="layout">
<nav class="side" aria-label="Pages">{sidebar(page, pages, slides)}</nav>
<main id="main" tabindex="-1">
{body}
<nav class="turn" aria-label="Previous and next page">{turn}</nav>
</main>
</div>
<footer>{cfg['title']} {cfg['version']}, {cfg['license']}</footer>
<script src="{up}index.js"></script>
<script src="{up}search.js"></script>
</body>
</html>
'''

def make_site(out):
    sys.path.insert(0, str(ROOT))
    pages, kept = all_pages(), Kept()
    export = exporter(kept)
    built = exported_names(pages)
    modules = [m.name for m in pkgutil.iter_modules([str(ROOT/settings()['lib_path'])]) if m.name[0] != '_']
    order = [*built, *(m for m in modules if m not in built)]
    api = [Page('API', f'api/{m}.html') for m in sorted(modules, key=order.index)]
    names = {}
    for p in api:
        m = Path(p.url).stem
        names.setdefault(m, []).append(p.url + '#top'); names.setdefault(f"{settings()['lib_path']}.{m}", []).append(p.url + '#top')
        for n in importlib.import_module(f"{settings()['lib_path']}.{m}").__all__: names.setdefault(n, []).append(f'{p.url}#{n}')
    by_source = {p.source.resolve(): p for p in pages}
    home = {id(page): f'api/{module}.html' for module, (page, _) in built.items()}
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out/'img', ignore_errors=True)
    for p in pages:
        p.body = notebook_body(p, out, kept, export) if p.source.suffix == '.ipynb' else markdown2html(kept.formulas(p.source.read_text(encoding='utf-8')))
        p.links = [u for us in names.values() for u in us if u.startswith(home.get(id(p), '-'))]
        finish(p, out, kept, by_source, names)
    for p in api:
        p.body, p.links = api_body(Path(p.url).stem, built, kept), []
        p.number = ''; finish(p, out, kept, by_source, names); p.title = Path(p.url).stem
    pages += api
    for p in pages:
        (out/p.url).parent.mkdir(parents=True, exist_ok=True)
        (out/p.url).write_text(full_page(p, pages, (out/'slides'/'index.html').exists()), encoding='utf-8')
    index = [[text, '' if level == 1 else p.title, f'{p.url}#{i}' if level > 1 else p.url] for p in pages for level, i, text in p.sections]
    (out/'index.js').write_text('const INDEX = ' + json.dumps(index, ensure_ascii=False, separators=(',', ':')) + '\n', encoding='utf-8')
    shutil.copy(SITE/'search.js', out)
    (out/'style.css').write_text((SITE/'style.css').read_text(encoding='utf-8') + '\n' + HtmlFormatter(style='default').get_style_defs('.highlight').replace('background: #f8f8f8', ''), encoding='utf-8')
    return pages, index

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', metavar='OUT', type=Path, help='folder of the site')
    p.add_argument('--check', action='store_true', help='check the site afterwards; exit code 1 when something is wrong')
    a = p.parse_args(argv)
    pages, index = make_site(a.out)
    print(f"{a.out}: {len(pages)} pages ({', '.join(f'{n} {g}' for g, n in Counter(p.group for p in pages).items())}), {len(index)} entries to search")
    if a.check:
        from check_site import main as check
        return check([str(a.out)])

if __name__ == '__main__': sys.exit(main())
