"""Walk through a folder of web pages, link by link.

    python tools/check_site.py FOLDER    exit code 1 and one line per fault

Faults: dead links, missing anchors, images and files; images without an alternative text; anything that is loaded
from another site; pages without title or language, or with the same id twice; pages that nothing leads to; words that
the search does not find. Links to other sites are counted, not followed.
"""
import argparse
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {'img': 'src', 'script': 'src', 'iframe': 'src', 'source': 'src', 'video': 'src', 'audio': 'src',
         'embed': 'src', 'object': 'data'}
PHRASES = 'receptive field', 'false alarm', 'support vector'           # stand in the text, and in few headings
IN_STYLE = re.compile(r'url\(\s*[\'"]?([^\'")]+)|@import\s+[\'"]([^\'"]+)')


class Reader(HTMLParser):
    "What a page holds: ids, links, what it loads, and its own faults."
    def __init__(self):
        super().__init__()
        self.ids = Counter()
        self.links, self.loads, self.faults, self.styles = [], [], [], []
        self.title = self.lang = self.open = ''

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.open = tag
        if a.get('id'): self.ids[a['id']] += 1
        if tag == 'html': self.lang = a.get('lang') or ''
        if tag == 'a' and a.get('href') is not None: self.links.append(a['href'])
        if tag == 'form' and a.get('action'): self.links.append(a['action'])
        if tag == 'img' and not (a.get('alt') or '').strip():
            self.faults.append(f"an image without alternative text: {(a.get('src') or '')[:60]}")
        self.add_loads(tag, a)
        if a.get('style'): self.styles.append(a['style'])

    def add_loads(self, tag, a):
        "What the browser fetches for this tag."
        if tag in LOADS and a.get(LOADS[tag]): self.loads.append(a[LOADS[tag]])
        if tag == 'link' and a.get('href') and a.get('rel') not in ('canonical', 'next', 'prev'):
            self.loads.append(a['href'])
        if a.get('srcset'): self.loads += [s.split()[0] for s in a['srcset'].split(',')]

    def handle_endtag(self, tag):
        self.open = ''

    def handle_data(self, data):
        if self.open == 'title': self.title += data
        if self.open == 'style': self.styles.append(data)


def elsewhere(url):
    "Whether a link leads to another site."
    return bool(re.match(r'(?!data:)[a-z][a-z0-9+.-]*:|//', url, re.I))


def read_page(path):
    "What a page holds."
    reader = Reader()
    reader.feed(path.read_text(encoding='utf-8'))
    reader.close()
    return reader


class Walk:
    "A walk through the pages below `root`, and what it finds on the way."
    def __init__(self, root):
        self.root = root
        self.pages = {p: read_page(p) for p in sorted(root.rglob('*.html'))}
        self.by_path = {p.resolve(): reader for p, reader in self.pages.items()}
        self.faults, self.other, self.used, self.reached = [], Counter(), set(), set()
        self.inside = 0

    def fault(self, page, text):
        self.faults.append(f'{page.relative_to(self.root).as_posix()}: {text}')

    def local(self, page, url):
        "(file, anchor) that a link leads to; the file is None when it is not there."
        parts = urlsplit(url)
        file = page
        if parts.path:
            base = self.root if parts.path.startswith('/') else page.parent
            file = (base/unquote(parts.path).lstrip('/')).resolve()
        if file.is_dir(): file /= 'index.html'
        return (file if file.is_file() else None), unquote(parts.fragment)

    def load(self, page, url):
        "A file that a page loads."
        if elsewhere(url): return self.fault(page, f'loads something from another site: {url}')
        if url.startswith(('data:', '#')): return
        file, _ = self.local(page, url)
        if not file: self.fault(page, f'a file is missing: {url}')
        elif file not in self.used:
            self.used.add(file)
            if file.suffix == '.css': self.load_style(file, file.read_text(encoding='utf-8'))

    def load_style(self, page, text):
        "What a style sheet loads."
        for m in IN_STYLE.finditer(text): self.load(page, m[1] or m[2])

    def check_page(self, page, reader):
        "The faults of one page by itself."
        for fault in reader.faults: self.fault(page, fault)
        if not reader.title.strip(): self.fault(page, 'has no title')
        if not reader.lang: self.fault(page, 'has no language')
        for i, n in reader.ids.items():
            if n > 1: self.fault(page, f'has the id {i} {n} times')
        for url in reader.loads: self.load(page, url)
        for text in reader.styles: self.load_style(page, text)

    def follow(self, page, url):
        "Follow one link; the page that it leads to, or None."
        if elsewhere(url):
            self.other[url] += 1
            return None
        self.inside += 1
        file, anchor = self.local(page, url)
        name = self.root/page.relative_to(self.root.resolve())
        if not file:
            self.fault(name, f'a dead link: {url}')
            return None
        self.used.add(file)
        if file not in self.by_path: return None
        if anchor and anchor not in self.by_path[file].ids: self.fault(name, f'no such place: {url}')
        return file

    def walk(self, start):
        "Follow all links, from the first page on."
        todo = [(self.root/start).resolve()]
        if todo[0] not in self.by_path: self.faults.append(f'{start} is missing')
        while todo:
            page = todo.pop()
            if page in self.reached or page not in self.by_path: continue
            self.reached.add(page)
            self.used.add(page)
            found = [self.follow(page, url) for url in self.by_path[page].links]
            todo += [p for p in found if p]


def postings(index, word):
    "The numbers of the pages with a word, as the index of Sphinx has it."
    found = [index[part].get(word, []) for part in ('terms', 'titleterms')]
    return {n for part in found for n in (part if isinstance(part, list) else [part])}


def search_faults(file):
    "Phrases that the full-text search does not find. It looks for the stems of the words, and all must be on a page."
    from snowballstemmer import stemmer
    text = file.read_text(encoding='utf-8')
    index = json.loads(text[text.index('{'):text.rindex('}') + 1])
    for phrase in PHRASES:
        words = stemmer('porter').stemWords(phrase.split())
        if not set.intersection(*(postings(index, word) for word in words)): yield f'the search does not find {phrase}'


def check(root, start='index.html'):
    "Faults as lines, links to other sites, and the number of pages and of links within."
    w = Walk(root)
    for file in root.rglob('searchindex.js'): w.faults += search_faults(file)
    for page, reader in w.pages.items(): w.check_page(page, reader)
    w.walk(start)
    for page in w.pages:
        if page.resolve() not in w.reached: w.fault(page, f'cannot be reached from {start}')
    return list(dict.fromkeys(w.faults)), w.other, len(w.pages), w.inside, w.used


def main(argv=None):
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('folder', metavar='FOLDER', type=Path)
    p.add_argument('--start', default='index.html', help='the first page (default: index.html)')
    p.add_argument('--links', action='store_true', help='list the links to other sites')
    a = p.parse_args(argv)
    if not a.folder.is_dir(): sys.exit(f'FAILED: {a.folder}: no such folder; make it with tools/make_site.py')
    faults, other, n, inside, _ = check(a.folder, a.start)
    for f in faults: print('FAILED:', f)
    if a.links:
        for url, k in sorted(other.items()): print(f'{k:4} {url}')
    print(f"{'FAILED' if faults else 'ok'}: {n} pages, {inside} links within, "
          f'{len(other)} different links to other sites (not followed), {len(faults)} faults')
    return 1 if faults else 0


if __name__ == '__main__': sys.exit(main())
