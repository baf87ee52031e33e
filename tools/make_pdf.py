"""The whole book as a PDF: the pages of the site one after another, printed by Chromium."""
import os
import re
import shutil
import subprocess
import sys
from posixpath import join, normpath

import pikepdf
from bs4 import BeautifulSoup

from notebooks import ADDRESS, settings

NAMES = 'chromium', 'chromium-browser', 'google-chrome'
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-pdf-header-footer', '--generate-pdf-document-outline']
NOT_PRINTED = '.headerlink, .toctree-wrapper, .copybtn, .prev-next-footer, script'


def chromium():
    "The path of Chromium, or None."
    return os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)


def place(url, anchor):
    "The id that a place of the site has in the book."
    return re.sub(r'\W', '-', url) + (f'--{anchor}' if anchor else '')


def target(href, url, urls):
    "Where a link of the page `url` leads in the book. What is not in the book is on the site."
    if ADDRESS.match(href) and not href.startswith('#'): return href
    path, _, anchor = href.partition('#')
    page = normpath(join(url, '..', path)).removesuffix('.html') if path else url
    if page in urls: return '#' + place(page, anchor)
    cfg = settings()
    return f"{cfg['doc_host']}{cfg['doc_baseurl']}/latest/{page}.html#{anchor}"


def chapter(site, url, urls):
    "A page of the site as a chapter of the book."
    soup = BeautifulSoup((site/f'{url}.html').read_text(encoding='utf-8'), 'html.parser')
    body = soup.select_one('article.bd-article')
    for tag in body.select(NOT_PRINTED): tag.decompose()
    for tag in body.find_all(id=True): tag['id'] = place(url, tag['id'])
    for tag in body.find_all('a', href=True): tag['href'] = target(tag['href'], url, urls)
    for tag in body.find_all('img'): tag['src'] = normpath(join(url, '..', tag['src']))
    for tag in body.find_all('details'): tag['open'] = ''
    body['id'] = place(url, '')
    return body


def book(site, urls):
    "All chapters as one page, with the style of the site."
    soup = BeautifulSoup((site/f'{urls[0]}.html').read_text(encoding='utf-8'), 'html.parser')
    sheets = soup.select('link[rel=stylesheet]')
    for sheet in sheets: sheet['href'] = normpath(join(urls[0], '..', sheet['href']))
    head = f"<meta charset='utf-8'><title>{settings()['title']}</title>" + ''.join(map(str, sheets))
    body = '\n'.join(str(chapter(site, url, urls)) for url in urls)
    return f'<!doctype html><html lang="en"><head>{head}</head><body class="book">{body}</body></html>'


def make_pdf(site, urls):
    "Print the pages `urls` of the site, in this order."
    page, pdf = site/'book.html', (site/f"{settings()['lib_name']}.pdf").resolve()
    page.write_text(book(site, urls), encoding='utf-8')
    command = [chromium(), *FLAGS, f'--print-to-pdf={pdf}', page.resolve().as_uri()]
    run = subprocess.run(command, capture_output=True, text=True)
    page.unlink()
    if run.returncode or not pdf.exists(): sys.exit(f'FAILED: Chromium did not print the book\n{run.stderr[-1000:]}')
    with pikepdf.open(pdf, allow_overwriting_input=True) as book_file:  # a third of the size
        book_file.save(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    print(f'{pdf.name}: {len(urls)} chapters, {pdf.stat().st_size / 1e6:.0f} MB')
