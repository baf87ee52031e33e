"""What the head of a chapter and the tables of the index say of time and order, from the chapters themselves.

    python tools/headers.py            writes it where it is old: chapters, nbs/index.ipynb, teaching/README.md
    python tools/headers.py --check    changes nothing; exit code 1 when something is old

Minutes are those of tools/clock.py. In a chapter they stand in the row **Takes**, its neighbors in **Before / after**;
the main path and the workshop have an order each. In the index, minutes stand behind each notebook and each path.
"""
import argparse
import json
import re
import sys

from clock import chapter_table, course, path_table, read, total, with_texts
from notebooks import ROOT, chapters, in_workshop, number_of, read_json, source_of

TAKES = re.compile(r'^\| \*\*(?:On a laptop|Takes)\*\* \| .* \|$', re.M)
NEIGHBORS = re.compile(r'^\| \*\*Before / after\*\* \| .* \|$', re.M)
CHAPTER = re.compile(r'^(\| \[([\w/]+)\]\(\2\.ipynb\) \| .+ \| )\d+( \| (?:`\w+` )?\|)$', re.M)
PATH = re.compile(r'^(\| [a-z][^|]+ \| ([\d, a-z]+) \| )\d+( \|)$', re.M)


def minutes(n):
    "A number of minutes as it is said: by fives from ten on."
    return max(1, round(n)) if n < 10 else 5 * round(n / 5)


def takes(sections):
    "How long a chapter takes, in words."
    prose, code, exercises = total(sections, ['prose']), total(sections), total(sections, ['exercises'])
    more = f', {minutes(exercises)} more for the exercises' if exercises else ''
    return f'{minutes(prose)} minutes to read, {minutes(code)} with its code{more}'


def link(path):
    "A link to a chapter, with its number and its title."
    title = source_of(read_json(path)['cells'][0]).splitlines()[0].removeprefix('# ').removeprefix('Appendix: ')
    return f'[{number_of(path)} {title}]({path.name})'.replace('[ ', '[')


def neighbors(paths):
    "path -> the row with links to the chapters before and after, of a list in order."
    found = {}
    for before, path, after in zip([None, *paths], paths, [*paths[1:], None]):
        links = [link(other) if other else 'none' for other in (before, after)]
        found[path] = f'| **Before / after** | {" / ".join(links)} |'
    return found


def with_head(text, sections, row):
    "The text of a chapter's head with its minutes and neighbors."
    text = TAKES.sub(lambda _: f'| **Takes** | {takes(sections)} |', text)
    if NEIGHBORS.search(text): return NEIGHBORS.sub(lambda _: row, text)
    return TAKES.sub(lambda found: f'{found[0]}\n{row}', text)


def in_path(names, path):
    "The numbers of chapters that a path such as '00, 03 to 06' names, of `names` in order."
    spans = [span.split(' to ') for span in path.split(', ')]
    return [name for name in names if any(first_last[0] <= name <= first_last[-1] for first_last in spans)]


def with_minutes(text, found):
    "The text of the index with the minutes of its tables. `found`: name -> sections."
    text = CHAPTER.sub(lambda m: f'{m[1]}{minutes(total(found[m[2]]))}{m[3]}', text)
    every = {name.split('_')[0]: minutes(total(sections)) for name, sections in found.items() if name[0].isdigit()}
    main = {number: n for number, n in every.items() if not in_workshop(number)}
    def sum_of(path):
        numbers = main if ' to ' in path else every           # a span means the main path
        return sum(numbers[name] for name in in_path(numbers, path))
    return PATH.sub(lambda m: f'{m[1]}{sum_of(m[2])}{m[3]}', text)


def mended(path, change):
    "The text of a notebook, its Markdown cells with a table changed, or None where that changes nothing."
    nb = read_json(path)
    for cell in nb['cells']:
        if cell['cell_type'] == 'markdown' and '|' in source_of(cell):
            cell['source'] = change(source_of(cell)).splitlines(True)
    text = json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + '\n'
    return text if nb != read_json(path) else None


def all_changes():
    "path -> new text, of everything that is old."
    found = course()
    paths = [path for path in chapters() if path.stem in found]
    rows = {}
    for beside in False, True: rows |= neighbors([p for p in paths if in_workshop(p.stem) == beside])
    new = {p: mended(p, lambda text, p=p: with_head(text, found[p.stem], rows[p])) for p in paths}
    pages = {f'reproduce/{p.stem}': read(p) for p in (ROOT/'nbs'/'reproduce').glob('*.ipynb')}
    index, plans = ROOT/'nbs'/'index.ipynb', ROOT/'teaching'/'README.md'
    new[index] = mended(index, lambda text: with_minutes(text, found | pages))
    old = plans.read_text(encoding='utf-8')
    told = with_texts(old, {'chapters': chapter_table(found), 'three hours': path_table(found)}, plans)
    new[plans] = told if told != old else None
    return {path: text for path, text in new.items() if text}


def main():
    "Write or check."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--check', action='store_true', help='change nothing; exit code 1 when something is old')
    a = p.parse_args()
    changes = all_changes()
    names = ', '.join(path.name for path in changes)
    if a.check and changes:
        print(f'FAILED: minutes or order are old in {names}; run python tools/headers.py')
        return 1
    for path, text in changes.items(): path.write_text(text, encoding='utf-8')
    print('ok: minutes and order are those of the chapters' + (f'; written into {names}' if changes else ''))


if __name__ == '__main__': sys.exit(main())
