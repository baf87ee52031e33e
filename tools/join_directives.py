"""Puts each alternative text on one line, in place: nbdev passes only the first line of a directive on to quarto.

    python tools/join_directives.py        before nbdev_docs, in a checkout that is thrown away

Not for notebooks that are committed: there no line is longer than 120 columns.
"""
import json

from notebooks import all_notebooks, continues, directive_text, read_json, source_of, split_directives


def joined(source):
    "The source of a cell with each directive on one line."
    head, rest = split_directives(source)
    lines = []
    for line in head:
        if continues(line) and lines: lines[-1] += ' ' + directive_text(line)
        else: lines.append(line)
    return '\n'.join(lines + rest)


def main():
    "All notebooks."
    n = 0
    for path in all_notebooks():
        nb = read_json(path)
        for cell in nb['cells']:
            source = source_of(cell)
            if cell['cell_type'] != 'code' or joined(source) == source: continue
            cell['source'] = joined(source).splitlines(True)
            n += 1
        path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')
    print(f'{n} texts joined')


if __name__ == '__main__': main()
