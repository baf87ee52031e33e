"""Puts a site among the published versions: PAGES/latest for the main branch, PAGES/v0.2.0 for a tag.

    python tools/publish_site.py SITE PAGES VERSION

PAGES/index.html leads to `latest`, or to this version when there is no other; PAGES/versions.html lists them all.
"""
import re
import shutil
import sys
from pathlib import Path

from notebooks import settings

REDIRECT = '''<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={url}">
<a href="{url}">{title}</a>
</html>
'''
PAGE = '''<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: versions</title>
<h1>{title}: versions</h1>
<ul>
{rows}
</ul>
</html>
'''


def newest_first(name):
    "Sorts `latest` before v0.10.0 before v0.9.0."
    return name == 'latest', [int(n) for n in re.findall(r'\d+', name)]


def publish(site, pages, version):
    "Copy the site, and write the two pages that lead to all versions."
    shutil.rmtree(pages/version, ignore_errors=True)
    shutil.copytree(site, pages/version)
    (pages/'.nojekyll').touch()                             # GitHub would leave out folders such as _static
    versions = sorted((p.parent.name for p in pages.glob('*/index.html')), key=newest_first, reverse=True)
    title = settings()['title']
    rows = '\n'.join(f'<li><a href="{name}/index.html">{name}</a></li>' for name in versions)
    (pages/'versions.html').write_text(PAGE.format(title=title, rows=rows), encoding='utf-8')
    start = REDIRECT.format(title=title, url=f'{versions[0]}/index.html')
    (pages/'index.html').write_text(start, encoding='utf-8')
    return versions


if __name__ == '__main__':
    if len(sys.argv) != 4: sys.exit(__doc__)
    site, pages, version = sys.argv[1:]
    print('versions:', *publish(Path(site), Path(pages), version))
