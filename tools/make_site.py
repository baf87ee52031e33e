"""The whole course as a static web site, with Sphinx, MyST-NB and the book theme.

    python tools/make_site.py OUT            writes OUT/index.html and the other pages
    python tools/make_site.py OUT --pdf      and the whole book as OUT/patchad_nb.pdf, where there is Chromium
    python tools/make_site.py OUT --check    then walks through them: dead links, missing images and alt texts, ...

Needs what the extra `site` installs: pip install -e '.[dev,site]'. No notebook is executed; the committed outputs are
shown. Slides that tools/make_slides.py has written into OUT/slides get a link. The settings of Sphinx, and what we add
to it, stand in tools/site; this file writes the notebooks as Sphinx reads them, in the same folders as in the
repository, so that links between them stay as they are.
"""
import argparse
import pkgutil
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from api_pages import api_text, built_by
from notebooks import ADDRESS, LINK, ROOT, chapters, part_of, seen, settings
from publish_site import REDIRECT
from rendering import SITE, Unchanged, shown_cells

BADGE = re.compile(r'\[!\[[^\]]*\]\([^)]*colab-badge[^)]*\)\]\([^)]*\)')       # every page has a button of its own
PICTURES = '.png', '.jpg', '.svg'


# ---------------------------------------------------------------- what pages there are

@dataclass
class Page:
    "One page: its group in the sidebar, and the notebook or text that it is made from."
    group: str
    source: Path

    @property
    def url(self):
        "Where it lies on the site, without ending: as in the repository."
        return self.source.relative_to(ROOT).with_suffix('').as_posix()

    @property
    def title(self):
        "The number of a chapter, and its first heading."
        heading = r'^# (.+)$' if self.source.suffix == '.md' else r'"# ([^"\\]+)'
        text = re.search(heading, self.source.read_text(encoding='utf-8'), re.M)[1]
        number = re.match(r'(\d+[a-z]?)_', self.source.name)
        text = text.removeprefix(f'{self.group}: ')
        return f'{number[1]} {text}' if number and self.group != 'Appendix' else text


def all_pages():
    "All pages but those of the API, in reading order. Files that start with a dot or an underscore are left out."
    yield Page('', ROOT/'nbs'/'index.ipynb')
    for path in chapters(): yield Page(part_of(path), path)
    for folder in sorted(p for p in (ROOT/'nbs').iterdir() if p.is_dir()):
        for path in sorted(folder.rglob('*.ipynb')): yield Page(folder.name.capitalize(), path)
    for path in sorted((ROOT/'exercises').rglob('*.ipynb')): yield Page('Exercises', path)
    for path in sorted((ROOT/'teaching').glob('*.md')): yield Page('Teaching', path)


def modules(built):
    "The modules of the library, in the order of the chapters that make them."
    names = [m.name for m in pkgutil.iter_modules([str(ROOT/settings()['lib_path'])]) if m.name[0] != '_']
    order = [*built.home, *(name for name in names if name not in built.home)]
    return sorted(names, key=order.index)


# ---------------------------------------------------------------- pages as Sphinx reads them

def repository_url(file):
    "The address of a file or folder in the repository."
    cfg = settings()
    kind = 'tree' if file.is_dir() else 'blob'
    return f"{cfg['git_url']}/{kind}/{cfg['branch']}/{file.relative_to(ROOT).as_posix()}"


def moved_links(text, folder, sources):
    "The text with links to files that are no page leading to the repository, and without the badge of Colab."
    def move(m):
        path, mark, anchor = m[2].partition('#')
        file = (folder/path).resolve()
        stays = ADDRESS.match(m[2]) or file in sources or file.suffix in PICTURES or not file.exists()
        return m[0] if stays else m[1] + repository_url(file) + mark + anchor
    return LINK.sub(move, BADGE.sub('', text))


def tags(cell, page):
    "What MyST-NB does with the source of a cell. In a notebook of exercises nothing is folded."
    about = cell.metadata
    fold = about.folded and page.group != 'Exercises'
    return ['exported'] * about.exported + ['remove-input'] * about.transient.remove_source + ['hide-input'] * fold


def no_headings(cell):
    "Headings that a cell shows are no sections."
    for output in cell.outputs:
        data = output.get('data', {})
        text = data.get('text/markdown')
        if text: data['text/markdown'] = re.sub(r'^#+ +(.*)$', r'**\1**', text, flags=re.M)


def staged_cells(page, nb, sources, places):
    "The cells of a page, with an anchor before each cell that the API leads to."
    for cell in nb.cells:
        if cell.cell_type == 'markdown': cell.source = moved_links(cell.source, page.source.parent, sources)
        else:
            before = [cell.metadata.flag, f'(cell-{cell.id})=' if cell.id in places else '']
            if any(before): yield new_markdown_cell('\n\n'.join(filter(None, before)))
            no_headings(cell)
            alt = {'image': {'alt': cell.metadata.alt}}
            cell.metadata = nbformat.from_dict({'tags': tags(cell, page), 'mystnb': alt})
        yield cell


def staged(page, sources, places, more=()):
    "The text of a page for Sphinx; `more` are cells at its end."
    if page.source.suffix == '.md':
        return moved_links(page.source.read_text(encoding='utf-8'), page.source.parent, sources)
    nb = shown_cells(page.source, Unchanged())
    nb.cells = [*staged_cells(page, nb, sources, places), *more]
    nb.metadata.kernelspec = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}
    return nbformat.writes(nb)


def contents(pages, names):
    "The sidebar: a cell for each group."
    rows = {}
    for p in pages: rows.setdefault(p.group, []).append(f'{p.title} </{p.url}>')
    rows['API'] = [f'{name} </api/{name}>' for name in names]
    return [new_markdown_cell('\n'.join(['```{toctree}', ':hidden:', f':caption: {group}', '', *lines, '```']))
            for group, lines in rows.items() if group]


def write(path, text):
    "Write a page."
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def stage(pages, built, folder):
    "Write all pages below `folder`."
    sources = {p.source for p in pages}
    places = {place.cell.removeprefix('cell-') for names in built.places.values() for place in names.values()}
    names = modules(built)
    for p in pages:
        more = () if p.group else contents(pages, names)
        write(folder/p.source.relative_to(ROOT), staged(p, sources, places, more))
    for name in names: write(folder/'api'/f'{name}.md', api_text(name, built))


# ---------------------------------------------------------------- the site

def make_site(out, pdf=False, ref=None):
    "Write the site; its pages."
    from sphinx.application import Sphinx
    sys.path.insert(0, str(ROOT))
    pages = [p for p in all_pages() if seen(p.source, ROOT)]
    built = built_by(pages)
    homes = {page.url: f'api/{module}' for module, page in built.home.items()}
    settings_of_site = {
        'course_modules': homes,
        'html_theme_options.repository_branch': ref or settings()['branch'],
        'html_context.slides': (out/'slides'/'index.html').exists(),
        'html_context.pdf': pdf,
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        stage(pages, built, folder/'pages')
        app = Sphinx(folder/'pages', SITE, folder/'html', folder/'doctrees', 'html', settings_of_site,
                     status=None, warningiserror=True)             # MyST-NB writes pictures beside its folder, too
        app.build()
        if app.statuscode: sys.exit('FAILED: Sphinx has warnings, see above')
        shutil.copytree(folder/'html', out, dirs_exist_ok=True)
    for file in (out/'_static').glob('*.html'): file.unlink()          # templates of the theme, which are no pages
    write(out/'index.html', REDIRECT.format(title=settings()['title'], url='nbs/index.html'))
    return pages


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('out', metavar='OUT', type=Path, help='folder of the site')
    p.add_argument('--pdf', action='store_true', help='the whole book as a PDF, too')
    p.add_argument('--check', action='store_true', help='check the site afterwards; exit code 1 when it has faults')
    p.add_argument('--ref', help='branch or tag that links to the repository lead to (default: see settings.ini)')
    a = p.parse_args(argv)
    from make_pdf import chromium, make_pdf
    if a.pdf and not chromium(): a.pdf = print('no Chromium here: the PDF was not made')
    pages = make_site(a.out, a.pdf, a.ref)
    counts = Counter(p.group or 'index' for p in pages)
    print(f"{a.out}: {', '.join(f'{n} {group}' for group, n in counts.items())} and the API")
    if a.pdf: make_pdf(a.out, [p.url for p in pages if p.group not in ('Exercises', 'Teaching')])
    if a.check:
        from check_site import main as check
        return check([str(a.out)])


if __name__ == '__main__': sys.exit(main())
