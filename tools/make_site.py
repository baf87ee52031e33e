"""The whole course as a static web site, without quarto and without network.

    python tools/make_site.py OUT            writes OUT/index.html and the other pages
    python tools/make_site.py OUT --check    then walks through them: dead links, missing images and alt texts, ...

Needs what the extra `dev` installs: pip install -e '.[dev]'. No notebook is executed; the committed outputs are shown.
Slides that tools/make_slides.py has written into OUT/slides get a link.
"""
import argparse
import html
import json
import pkgutil
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from api_pages import api_body, built_by, names_to_urls
from notebooks import ROOT, chapters, in_appendix, seen, settings
from rendering import IMAGES, SITE, Kept, exporter, images, shown_cells, size_of, style_sheet

COLAB = ('<svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true">'
         '<g fill="none" stroke="#a35200" stroke-width="2.4">'
         '<circle cx="5.5" cy="6" r="4"/><circle cx="12.5" cy="6" r="4"/></g></svg>')
SEARCH = ('<div class="search" role="search" hidden><input type="search" aria-label="Search headings and names" '
          'placeholder="Search ( / )" autocomplete="off"><div class="found" role="status"></div></div>')


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
    links: list = field(default_factory=list)    # API entries of the module that it exports


def relative(target, start):
    "The address of a file or page as seen from a folder, with slashes."
    return relpath(target, start).replace('\\', '/')


def up(page):
    "The way from a page to the root of the site."
    return '../' * page.url.count('/')


# ---------------------------------------------------------------- what pages there are

def new_page(group, path, base):
    "The page of a notebook or text below `base`."
    number = re.match(r'(\d+[a-z]?)_', path.name) if group != 'Appendix' else None
    url = path.relative_to(base).with_suffix('.html').as_posix().replace('README.html', 'index.html')
    return Page(group, url, path, number[1] if number else '')


def sources():
    "(group, base folder, path) of notebooks and texts in reading order."
    nbs = ROOT/'nbs'
    for path in chapters(): yield 'Appendix' if in_appendix(path) else 'Course', nbs, path
    for folder in sorted(p for p in nbs.iterdir() if p.is_dir()):
        for path in sorted(folder.rglob('*.ipynb')): yield folder.name.capitalize(), nbs, path
    for path in sorted((ROOT/'exercises').rglob('*.ipynb')): yield 'Exercises', ROOT, path
    for path in sorted((ROOT/'teaching').glob('*.md')): yield 'Teaching', ROOT, path


def all_pages():
    "All pages but those of the API. Files whose names start with a dot or an underscore are left out."
    index = Page('Course', 'index.html', ROOT/'nbs'/'index.ipynb')
    return [index] + [new_page(group, path, base) for group, base, path in sources() if seen(path, base)]


def api_pages(built):
    "A page for each module, in the order of the chapters."
    folder = ROOT/settings()['lib_path']
    modules = [m.name for m in pkgutil.iter_modules([str(folder)]) if m.name[0] != '_']
    order = [*built.home, *(m for m in modules if m not in built.home)]
    return [Page('API', f'api/{m}.html') for m in sorted(modules, key=order.index)]


# ---------------------------------------------------------------- bodies

def write_picture(page, out, cell, n, data, kind):
    "Write image number `n` of a cell beside its page; the HTML that shows it."
    folder = out/'img'/page.url.removesuffix('.html').replace('/', '_')
    file = folder/f'{cell.id}{f"-{n}" if n else ""}.{IMAGES[kind]}'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    src = relative(file, (out/page.url).parent)
    alt = html.escape(cell.metadata.alt)
    return f'<a class="fig" href="{src}"><img src="{src}" alt="{alt}"{size_of(data, kind)} loading="lazy"></a>'


def notebook_body(page, out, kept, export):
    "A notebook as HTML; its images become files."
    nb = shown_cells(page.source, kept)
    n_images = 0
    for cell in nb.cells:
        for n, (output, kind, data) in enumerate(images(cell)):
            output.metadata['picture'] = write_picture(page, out, cell, n, data, kind)
            n_images += 1
    body = export.from_notebook_node(nb)[0]
    shown = body.count('<a class="fig"')
    if shown != n_images:
        sys.exit(f'FAILED: {page.source.name} has {n_images} images, '
                 f'but {shown} of them are on its page; look at CELLS')
    return body


def text_body(page, kept):
    "A Markdown file as HTML."
    return markdown2html(kept.formulas(page.source.read_text(encoding='utf-8')))


# ---------------------------------------------------------------- finishing touches

def link_target(href, page, by_source):
    "Where a link that was written beside a notebook leads on the site. Files that are no page lead to the repository."
    if re.match(r'[a-z][a-z0-9+.-]*:|//|#', href, re.I) or not page.source: return href
    path, mark, anchor = href.partition('#')
    for base in (page.source.parent, ROOT):                            # beside the notebook, or as in the README
        file = (base/path).resolve()
        if file in by_source: return relative(by_source[file].url, Path(page.url).parent) + mark + anchor
        if file.exists() and file.is_relative_to(ROOT): return repository_url(file) + mark + anchor
    return href                                                        # dead: the check will say so


def repository_url(file):
    "The address of a file or folder in the repository."
    cfg = settings()
    kind = 'tree' if file.is_dir() else 'blob'
    return f"{cfg['git_url']}/{kind}/{cfg['branch']}/{file.relative_to(ROOT).as_posix()}"


def tidy_outputs(soup):
    "Headings of an output are no sections, and nbconvert's marks beside headings go."
    for box in soup.select('.out'):
        for h in box.find_all(re.compile('^h[1-6]$')):
            h.name = 'p'
            h.attrs = {'class': 'said'}
    for a in soup.select('a.anchor-link'): a.decompose()


def add_anchors(page, soup, kept):
    "Each heading gets an id of its own and a link to itself, and becomes a section of the page."
    count = Counter()
    for h in soup.find_all(re.compile('^h[1-4]$')):
        ident = kept.plain(unquote(h.get('id') or '') or re.sub(r'\s+', '-', h.get_text()))
        count[ident] += 1
        h['id'] = ident if count[ident] == 1 else f'{ident}-{count[ident]}'
        page.sections.append((int(h.name[1]), h['id'], kept.plain(h.get_text().strip())))
        if h.name == 'h1': continue
        a = soup.new_tag('a', href=f"#{h['id']}", attrs={'class': 'anchor', 'aria-label': 'link to this section'})
        a.string = '#'
        h.append(a)


def mark_tables(soup):
    "Tables get scopes and a box to scroll in. One with an empty head has its headings in the first column."
    for table in soup.find_all('table'):
        if table.thead and not table.thead.get_text(strip=True):
            table.thead.decompose()
            table['class'] = 'facts'
            for row in table.find_all('tr'):
                row.td.name = 'th'
                row.th['scope'] = 'row'
        for th in table.select('thead th'): th['scope'] = 'col'
        table.wrap(soup.new_tag('div', attrs={'class': 'scroll'}))


def move_links(page, soup, by_source):
    "Links lead to pages of the site."
    for a in soup.find_all('a', href=True):
        if page.source and 'fig' not in a.get('class', []): a['href'] = link_target(a['href'], page, by_source)


def copy_pictures(page, out, soup):
    "Pictures that lie beside a text come along. The badge of Colab goes: every page has a button of its own."
    for img in soup.select('img[src*="colab-badge"]'): (img.find_parent('a') or img).decompose()
    for img in soup.find_all('img', src=True):
        file = page.source and (page.source.parent/img['src']).resolve()
        if not file or not file.is_file() or not file.is_relative_to(ROOT): continue
        copy = out/'img'/file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
        img['src'] = relative(copy, (out/page.url).parent)


def entry_of(name, page, names):
    "The API entry that a name means on this page, or None: the chapter's own module comes first."
    urls = names.get(name, [])
    own = [url for url in urls if page.number and url in page.links]
    if own: return own[0]
    return urls[0] if len(urls) == 1 else None


def link_names(page, soup, names):
    "Names of the library become links to their API entries."
    for code in soup.find_all('code'):
        if code.find_parent(['a', 'pre', 'h1', 'h2', 'h3', 'h4']): continue
        if url := entry_of(code.get_text(), page, names):
            path, _, anchor = url.partition('#')
            href = f'{relative(path, Path(page.url).parent)}#{anchor}'
            code.wrap(soup.new_tag('a', href=href, attrs={'class': 'api'}))


def finish(page, out, kept, by_source, names):
    "Headings get anchors, tables a box to scroll in, links their targets, and names of the library a link."
    soup = BeautifulSoup(page.body, 'html.parser')
    tidy_outputs(soup)
    add_anchors(page, soup, kept)
    mark_tables(soup)
    move_links(page, soup, by_source)
    copy_pictures(page, out, soup)
    link_names(page, soup, names)
    page.body = kept.back(str(soup))
    page.title = next((text for level, _, text in page.sections if level == 1), page.url)


# ---------------------------------------------------------------- whole pages

def badges(page):
    "Links to the source of a page, and to Colab."
    if not page.source: return ''
    cfg = settings()
    path = page.source.relative_to(ROOT).as_posix()
    is_notebook = path.endswith('.ipynb')
    kind = 'Notebook' if is_notebook else 'Source'
    links = [f'<a href="{repository_url(page.source)}">{kind} on GitHub</a>']
    if is_notebook:
        url = f"https://colab.research.google.com/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{path}"
        links.insert(0, f'<a href="{url}">{COLAB} Open in Colab</a>')
    return f'<p class="badges">{" ".join(links)}</p>'


def sidebar_item(p, page):
    "The line of page `p` in the sidebar of `page`, with its sections on the page itself."
    number = f'<span class="n">{p.number}</span>' if p.number else ''
    label = number + html.escape(p.title.removeprefix(f'{p.group}: '))
    if p is not page: return f'<li><a href="{up(page)}{p.url}">{label}</a></li>'
    inner = ''.join(f'<li><a href="#{i}">{html.escape(text)}</a></li>' for level, i, text in p.sections if level == 2)
    inner = f'<ul>{inner}</ul>' if inner else ''
    return f'<li><a href="{up(page)}{p.url}" aria-current=page>{label}</a>{inner}</li>'


def sidebar(page, pages, slides):
    "All pages by group."
    out = []
    for group in dict.fromkeys(p.group for p in pages):
        out.append(f'<h2>{group}</h2><ul>')
        out += [sidebar_item(p, page) for p in pages if p.group == group]
        if group == 'Teaching' and slides: out.append(f'<li><a href="{up(page)}slides/index.html">Slides</a></li>')
        out.append('</ul>')
    return ''.join(out)


def neighbors(page, pages):
    "Links to the page before and the page after. The API has an order of its own."
    family = [p for p in pages if (p.group == 'API') == (page.group == 'API')]
    k = family.index(page)
    out = ''
    if k:
        before = family[k - 1]
        out += f'<a rel="prev" href="{up(page)}{before.url}">← {html.escape(before.title)}</a>'
    if k + 1 < len(family):
        after = family[k + 1]
        out += f'<a rel="next" class="next" href="{up(page)}{after.url}">{html.escape(after.title)} →</a>'
    return out


def with_badges(page):
    "The body of a page, with the badges below its title."
    head = re.compile(r'(</h1>(?:\s*<blockquote>.*?</blockquote>)?)', re.S)
    return head.sub(lambda m: m[1] + badges(page), page.body, count=1)


def full_page(page, pages, slides):
    "A page as it is written."
    cfg, root = settings(), up(page)
    title = page.title if page.url == 'index.html' else f"{page.title} – {cfg['title']}"
    return f'''<!doctype html>
<html lang="en" data-root="{root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}style.css">
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
<a class="brand" href="{root}index.html">{cfg['title']}</a>
<input type="checkbox" id="menu"><label class="menu" for="menu">Pages</label>
{SEARCH}
</header>
<div class="layout">
<nav class="side" aria-label="Pages">{sidebar(page, pages, slides)}</nav>
<main id="main" tabindex="-1">
{with_badges(page)}
<nav class="turn" aria-label="Previous and next page">{neighbors(page, pages)}</nav>
</main>
</div>
<footer>{cfg['title']} {cfg['version']}, {cfg['license']}</footer>
<script src="{root}index.js"></script>
<script src="{root}search.js"></script>
</body>
</html>
'''


def search_index(pages):
    "[text, title of the page, address] of each heading."
    def row(page, level, ident, text):
        if level == 1: return [text, '', page.url]
        return [text, page.title, f'{page.url}#{ident}']
    return [row(page, *section) for page in pages for section in page.sections]


# ---------------------------------------------------------------- the site

def fill(pages, api, out):
    "Write the bodies of all pages, and their images."
    kept, built = Kept(), built_by(pages)
    export = exporter(kept)
    names = names_to_urls(api, built)
    by_source = {p.source.resolve(): p for p in pages}
    home = {id(page): f'api/{module}.html' for module, page in built.home.items()}
    for p in pages:
        is_notebook = p.source.suffix == '.ipynb'
        p.body = notebook_body(p, out, kept, export) if is_notebook else text_body(p, kept)
        own = home.get(id(p), '-')
        p.links = [url for urls in names.values() for url in urls if url.startswith(own)]
        finish(p, out, kept, by_source, names)
    for p in api:
        module = Path(p.url).stem
        p.body = api_body(module, built, kept)
        finish(p, out, kept, by_source, names)
        p.title = module


def write(pages, index, out):
    "Write the pages, the index of the search, and what they load."
    slides = (out/'slides'/'index.html').exists()
    for p in pages:
        (out/p.url).parent.mkdir(parents=True, exist_ok=True)
        (out/p.url).write_text(full_page(p, pages, slides), encoding='utf-8')
    rows = json.dumps(index, ensure_ascii=False, separators=(',', ':'))
    (out/'index.js').write_text(f'const INDEX = {rows}\n', encoding='utf-8')
    shutil.copy(SITE/'search.js', out)
    (out/'style.css').write_text(style_sheet('style.css'), encoding='utf-8')


def make_site(out):
    "Write the site; its pages and the rows of the search index."
    sys.path.insert(0, str(ROOT))
    pages = all_pages()
    api = api_pages(built_by(pages))
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out/'img', ignore_errors=True)
    fill(pages, api, out)
    pages += api
    index = search_index(pages)
    write(pages, index, out)
    return pages, index


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', metavar='OUT', type=Path, help='folder of the site')
    p.add_argument('--check', action='store_true', help='check the site afterwards; exit code 1 when it has faults')
    a = p.parse_args(argv)
    pages, index = make_site(a.out)
    groups = ', '.join(f'{n} {group}' for group, n in Counter(p.group for p in pages).items())
    print(f'{a.out}: {len(pages)} pages ({groups}), {len(index)} entries to search')
    if a.check:
        from check_site import main as check
        return check([str(a.out)])


if __name__ == '__main__': sys.exit(main())
