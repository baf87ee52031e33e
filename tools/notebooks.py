"""What the tools know about notebooks: where they are, in which order, and what the directives of a cell say.

A directive is a line `#| word` or `#| word: value` at the top of a code cell. A long alternative text goes on in the
next lines, which start with `#|` and three spaces.
"""
import json
import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = {'export', 'exporti', 'exports'}
DIRECTIVES = EXPORTS | {                                    # those that nbdev, our tools or quarto understand
    'default_exp', 'hide', 'hide_input', 'hide_output', 'filter_stream', 'slow', 'gpu', 'data',
    'include', 'echo', 'eval', 'output', 'fig-alt', 'fig-cap'}
APPENDIX = 'core', 'scripts', '00_benchmarks', 'all', 'glossary', 'paper'   # behind the chapters, in this order
WORKSHOP = '01', '01b', '12', '12b', '12c', '13', '15'     # chapters beside the main path: files, painting, reports
PAGES = {'ten_minutes': '', 'your_photos': '14_explore.j'}   # of the course: the names by which they are sorted
DIRECTIVE = re.compile(r'#\s*\|')
LINK = re.compile(r'(\]\(|\b(?:src|href)=")([^)"\s]+)')    # the target of a link or a picture in Markdown
TEST = re.compile(r'^\s*(assert |test_\w+\()|\bfails\(', re.M)
EXERCISE = re.compile(r'#\s*(exercise|check)\s*:')         # the first line of a solution, or of its check
LINES = 3                                                  # so short a test shows how a name is used: it stays open
ADDRESS = re.compile(r'[a-z][a-z0-9+.-]*:|#|/', re.I)      # a link that does not lead to a file beside the text


def settings():
    "The values of settings.ini."
    parser = ConfigParser(delimiters=['='])
    parser.read(ROOT/'settings.ini', encoding='utf-8')
    return parser['DEFAULT']


def seen(path, base):
    "Whether nbdev sees this file: no name on the way from `base` starts with a dot or an underscore."
    return not any(part[0] in '._' for part in path.relative_to(base).parts)


def all_notebooks():
    "All notebooks that nbdev sees."
    return sorted(p for p in (ROOT/'nbs').rglob('*.ipynb') if seen(p, ROOT))


def number_of(path):
    "The number of a chapter, or nothing."
    found = re.match(r'(\d+[a-z]?)_', path.name)
    return found[1] if found else ''


def in_workshop(name):
    "Whether a chapter, given by its name without suffix, is for those who want to know how it is made."
    return name.split('_')[0] in WORKSHOP


def in_appendix(path):
    "Whether a notebook of nbs/ stands behind the chapters."
    return path.stem in APPENDIX or not (path.name[0].isdigit() or path.stem in PAGES)


def part_of(path):
    "The part of the course that a notebook of nbs/ belongs to."
    if in_appendix(path): return 'Appendix'
    return 'Workshop' if in_workshop(path.stem) else 'Course'


def chapters():
    "The notebooks of the course in reading order: the chapters, then the appendix. The index is not among them."
    paths = [p for p in (ROOT/'nbs').glob('*.ipynb') if p.stem != 'index' and seen(p, ROOT)]
    def place(path):
        behind = APPENDIX.index(path.stem) if path.stem in APPENDIX else len(APPENDIX)
        name = PAGES.get(path.stem, path.name)
        return (1, behind, name) if in_appendix(path) else (0, 0, name)
    return sorted(paths, key=place)


def read_json(path):
    "A notebook, or another JSON file."
    return json.loads(path.read_text(encoding='utf-8'))


def source_of(cell):
    "The source of a cell as one string."
    return ''.join(cell['source'])


def continues(line):
    "Whether a directive line goes on with the text of the line before."
    return bool(re.match(r'#\|   ', line))


def split_directives(source):
    "The directive lines at the top of a cell, and its other lines."
    lines = source.splitlines()
    n = 0
    while n < len(lines) and DIRECTIVE.match(lines[n].strip()): n += 1
    return lines[:n], lines[n:]


def directive_text(line):
    "A directive line without its mark."
    return DIRECTIVE.sub('', line.strip(), count=1).strip()


def directives(source):
    "The directives of a cell as {'hide': '', 'echo': 'false'}, and the rest of its source."
    found, key = {}, ''
    head, rest = split_directives(source)
    for line in head:
        text = directive_text(line)
        if continues(line) and key:
            found[key] += ' ' + text
        else:
            key, _, value = text.replace(':', ' ', 1).partition(' ')
            found[key] = value.strip()
    return found, '\n'.join(rest).strip('\n')


def flags_of(source):
    "The directives of a cell as a dictionary."
    return directives(source)[0]


def hidden(flags):
    "Whether readers do not see the cell at all."
    return 'hide' in flags or flags.get('include') == 'false'


def source_hidden(flags):
    "Whether readers do not see the source of the cell."
    return 'hide_input' in flags or flags.get('echo') == 'false'


def output_hidden(flags):
    "Whether readers do not see the output of the cell."
    return 'hide_output' in flags or flags.get('output') == 'false'


def is_exported(flags):
    "Whether the cell goes to a module."
    return bool(EXPORTS & flags.keys())


def module_of(flags, default):
    "The module that an exported cell goes to: `#| export benchmarks` names another one than the notebook's own."
    return next((flags[key] for key in EXPORTS & flags.keys() if flags[key]), default)


def folded(cell):
    "Whether the code of a cell is shown collapsed: it tests and shows nothing, or belongs to an exercise."
    if cell['cell_type'] != 'code': return False
    flags, code = directives(source_of(cell))
    if hidden(flags) or source_hidden(flags) or is_exported(flags): return False
    if EXERCISE.match(code): return True
    return not cell['outputs'] and bool(TEST.search(code)) and len(code.splitlines()) > LINES
