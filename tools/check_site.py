"""Walk through a folder of web pages, link by link.

    python tools/check_site.py FOLDER    exit code 1 and one line per fault

Faults: dead links, missing anchors, images and files; images without an alternative text; anything that is loaded from another site;
pages without title or language, or with the same id twice; pages and files that nothing leads to. Links to other sites are counted, not followed.
"""
import argparse, re, sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {'img': 'src', 'script': 'src', 'iframe': 'src', 'source': 'src', 'video': 'src', 'audio': 'src', 'embed': 'src', 'object': 'data'}

class Reader(HTMLParser):
    "What a page holds: ids, links, what it loads, and its own faults."
    def __init__(self): super().__init__(); self.ids, self.links, self.loads, self.faults, self.styles, self.title, self.lang, self.open = Counter(), [], [], [], [], '', '', ''
    def handle_starttag(self, tag, attrs):
        a = dict(attrs); self.open = tag
        if a.get('id'): self.ids[a['id']] += 1
        if tag == 'html': self.lang = a.get('lang') or ''
        if tag in 'a' and a.get('href') is not None: self.links.append(a['href'])
        if tag == 'img' and not (a.get('alt') or '').strip(): self.faults.append(f"an image without alternative text: {(a.get('src') or '')[:60]}")
        if tag in LOADS and a.get(LOADS[tag]): self.loads.append(a[LOADS[tag]])
        if tag == 'link' and a.get('href') and a.get('rel') not in ('canonical', 'next', 'prev'): self.loads.append(a['href'])
        if a.get('srcset'): self.loads += [s.split()[0] for s in a['srcset'].split(',')]
        if a.get('style'): self.styles.append(a['style'])
    def handle_endtag(self, tag): self.open = ''
    def handle_data(self, data):
        if self.open == 'title': self.title += data
        if self.open == 'style': self.styles.append(data)

def elsewhere(url): return bool(re.match(r'(?!data:)[a-z][a-z0-9+.-]*:|//', url, re.I))

def check(root, start='index.html'):
    "Faults as lines, links to other sites, and the number of pages and of links within."
    pages = {p: Reader() for p in sorted(root.rglob('*.html'))}
    for p, r in pages.items(): r.feed(p.read_text(encoding='utf-8')); r.close()
    faults, other, used, inside = [], Counter(), set(), 0
    def fault(p, text): faults.append(f'{p.relative_to(root).as_posix()}: {text}')
    def local(p, url): # (file, anchor), None when it is not there
        parts = urlsplit(url)
        file = ((root if parts.path.startswith('/') else p.parent)/unquote(parts.path).lstrip('/')).resolve() if parts.path else p
        if file.is_dir(): file /= 'index.html'
        return (file if file.is_file() else None), unquote(parts.fragment)
    def loaded(p, url):
        if elsewhere(url): fault(p, f'loads something from another site: {url}'); return
        if url.startswith('data:') or url.startswith('#'): return
        file, _ = local(p, url)
        if not file: fault(p, f'a file is missing: {url}')
        elif file not in used:
            used.add(file)
            if file.suffix == '.css': style(file, file.read_text(encoding='utf-8'))
    def style(p, text):
        for m in re.finditer(r'url\(\s*[\'"]?([^\'")]+)|@import\s+[\'"]([^\'"]+)', text): loaded(p, m[1] or m[2])
    for p, r in pages.items():
        for f in r.faults: fault(p, f)
        if not r.title.strip(): fault(p, 'has no title')
        if not r.lang: fault(p, 'has no language')
        for i, n in r.ids.items():
            if n > 1: fault(p, f'has the id {i} {n} times')
        for url in r.loads: loaded(p, url)
        for text in r.styles: style(p, text)
    reached, todo = set(), [(root/start).resolve()]
    by_path = {p.resolve(): r for p, r in pages.items()}
    if todo[0] not in by_path: faults.append(f'{start} is missing')
    while todo:
        p = todo.pop()
        if p in reached or p not in by_path: continue
        reached.add(p); used.add(p)
        for url in by_path[p].links:
            if elsewhere(url): other[url] += 1; continue
            inside += 1; file, anchor = local(p, url)
            name = root/p.relative_to(root.resolve())
            if not file: fault(name, f'a dead link: {url}'); continue
            used.add(file)
            if file in by_path:
                todo.append(file)
                if anchor and anchor not in by_path[file].ids: fault(name, f'no such place: {url}')
    for p in pages:
        if p.resolve() not in reached: fault(p, f'cannot be reached from {start}')
    return list(dict.fromkeys(faults)), other, len(pages), inside, used

def main(argv=None):
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
    print(f"{'FAILED' if faults else 'ok'}: {n} pages, {inside} links within, {len(other)} different links to other sites (not followed), {len(faults)} faults")
    return 1 if faults else 0

if __name__ == '__main__': sys.exit(main())
