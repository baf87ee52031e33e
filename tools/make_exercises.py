"""exercises/*.ipynb from the chapters in nbs/: the same tasks, without the solutions.

    python tools/make_exercises.py                    writes exercises/
    python tools/make_exercises.py --check            changes nothing; exit code 1 when they are out of date
    python tools/make_exercises.py --solutions        runs the exercises as solved in the chapters: each check must pass
    python tools/make_exercises.py --unsolved         runs the generated notebooks as they are: each check must fail
    python tools/make_exercises.py --solutions 04 08  these chapters only; flags can be combined
    python tools/make_exercises.py --source COURSE    writes COURSE/source/ for nbgrader, with the solutions

The marks in a chapter are described in CONTRIBUTING.md; tools/test_exercises.py shows this script typical mistakes.
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from notebooks import ADDRESS, LINK, ROOT, directives, read_json, source_of

SITE, BRANCH = 'patchad-nb/patchad_nb', 'main'
MARK = re.compile(r'#\s*(exercise|check)\s*:\s*(\w+)')
SOLUTION = re.compile(r'^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION *$', re.M | re.S)
HINT = re.compile(r'<details><summary>Hint</summary>\n\n.+?\n\n</details>\s*$', re.S)
TITLE = re.compile('### Exercise .*: .*[^ ★] (★{1,3})$')
KERNEL = {'display_name': 'Python 3 (ipykernel)', 'language': 'python', 'name': 'python3'}
INSTALL = """# Installs the course where it is missing, as on Colab.
import importlib.util
if importlib.util.find_spec('patchad_nb') is None:
    %pip install --quiet git+https://github.com/{site}"""
TOP = (
    '# Exercises: {title}\n\n'
    '[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]'
    '(https://colab.research.google.com/github/{site}/blob/{branch}/exercises/{name})\n\n'
    'They belong to the chapter [{title}](../nbs/{name}) '
    '([on GitHub](https://github.com/{site}/blob/{branch}/nbs/{name})).\n\n'
    'Run the setup. Then, for each exercise: read the task, replace `raise NotImplementedError(...)` by your own code, '
    'run it, and run the check below it. A check looks at what your function does, not at how it is written, and says '
    'what is wrong. ★ is easy, ★★★ is not. Our solutions stand at the end of the chapter.')


# ---------------------------------------------------------------- what a chapter says

class Chapter:
    "The exercises of a chapter, read one after the other. A mistake of the author ends the program."
    def __init__(self, name, cells):
        self.name = name
        self.cells = [(c['cell_type'], plain_source(c)) for c in cells]
        self.marks = self.found('code', MARK)
        self.tasks = self.found('markdown', re.compile(r'### Exercise (\w+)'))
        self.exercises, self.stars = [], '★'

    def found(self, wanted, pattern):
        "{number of the cell: what the pattern found at its start}"
        matches = {i: pattern.match(s) for i, (kind, s) in enumerate(self.cells) if kind == wanted}
        return {i: ' '.join(m.groups()) for i, m in matches.items() if m}

    def need(self, ok, where, what):
        "End the program unless `ok`."
        if not ok: sys.exit(f'FAILED: {self.name}: {where}: {what}')

    def read(self):
        "The setup, [(task, code, check), ...] and the open tasks; None without exercises."
        if not self.marks and not self.tasks: return None
        head = self.heading()
        i = head + 1
        self.need(self.marks.get(i) == 'exercise setup', 'setup',
                  'the cell after the heading ## Exercises must be code that starts with # exercise: setup')
        setup = self.cells[i][1]
        i += 1
        while i in self.tasks or i in self.marks:
            self.read_exercise(i)
            i += 3
        self.need(self.exercises, 'setup', 'no exercise follows it')
        self.need_nothing_outside(head, i)
        return setup, self.exercises, self.open_tasks(i)

    def heading(self):
        "The number of the cell with the heading of the exercises."
        head = [i for i, (kind, s) in enumerate(self.cells)
                if kind == 'markdown' and re.search('^## Exercises$', s, re.M)]
        self.need(len(head) == 1, 'exercises', 'they need one heading ## Exercises before them')
        return head[0]

    def read_exercise(self, i):
        "The exercise whose text is cell `i`: text, solution, check."
        k = len(self.exercises) + 1
        padded = self.cells + [('', '')]*2
        task, code, check = (s for _, s in padded[i:i + 3])
        self.need_task(i, k, task)
        self.need_code(i, k, code)
        self.need_check(i, k, check)
        self.exercises.append((task, code, check))

    def need_task(self, i, k, task):
        "Mistakes in the text of exercise `k`."
        where, first = f'exercise {k}', task.splitlines()[0]
        title = TITLE.match(first)
        self.need(self.tasks.get(i) == str(k), where,
                  f'expected its text, ### Exercise {k}: ..., but found {first!r}; '
                  'number them 1, 2, 3 and give each a text')
        self.need(title, where, 'its title must end in one to three ★')
        self.need(title[1] >= self.stars, where,
                  f'{title[1]} comes after {self.stars}; sort the exercises by difficulty')
        self.need(HINT.search(task), where,
                  'has no hint; end its text with <details><summary>Hint</summary>, an empty line, the hint, '
                  'an empty line, </details>')
        self.stars = title[1]

    def need_code(self, i, k, code):
        "Mistakes in the solution of exercise `k`."
        where = f'exercise {k}'
        self.need(self.marks.get(i + 1) == f'exercise {k}', where,
                  f'after its text comes no code cell that starts with # exercise: {k}')
        self.need(SOLUTION.search(code) and 'SOLUTION' not in SOLUTION.sub('', code), where,
                  'its solution must stand between the lines ### BEGIN SOLUTION and ### END SOLUTION')

    def need_check(self, i, k, check):
        "Mistakes in the check of exercise `k`."
        where, last = f'exercise {k}', f"print('Exercise {k}: passed')"
        self.need(self.marks.get(i + 2) == f'check {k}', where,
                  f'after its solution comes no code cell that starts with # check: {k}')
        n_assertions = len(re.findall(r'\bassert\b|\btest_\w+\(', check))
        self.need(n_assertions >= 2, where, 'its check needs two assertions or more')
        self.need(check.splitlines()[-1] == last, where, f'its check must end in {last}')

    def need_nothing_outside(self, head, end):
        "Marks and texts that stand before the heading, or behind other cells."
        lost = [mark for j, mark in self.marks.items() if not head < j < end]
        lost += [f'exercise {k}' for j, k in self.tasks.items() if not head < j < end]
        self.need(not lost, ''.join(lost[:1]),
                  'stands apart; keep setup, texts, solutions and checks together after ## Exercises, '
                  'without other cells')

    def open_tasks(self, i):
        "The tasks without a check, if cell `i` has them."
        if i >= len(self.cells) or not self.cells[i][1].startswith('More to try'): return ''
        return self.cells[i][1].split('\n## ')[0].strip()


def plain_source(cell):
    "The source of a cell, without directives."
    source = source_of(cell)
    return directives(source)[1] if cell['cell_type'] == 'code' else source.strip()


# ---------------------------------------------------------------- the notebook without solutions

def stub(code, k):
    "The code of exercise `k` with a line to replace where the solution stood."
    def empty(match):
        indent = match[1]
        return (f'{indent}# YOUR CODE HERE\n'
                f"{indent}raise NotImplementedError('Exercise {k}: write your solution here')")
    return SOLUTION.sub(empty, code)


def moved(text):
    "The text with links that lead from exercises/ to the chapters."
    def move(match): return match[0] if ADDRESS.match(match[2]) else f'{match[1]}../nbs/{match[2]}'
    return LINK.sub(move, text)


def grader(grade_id, points=None):
    "What nbgrader wants to know of a cell: it is checked for points, or, without them, the student fills it in."
    checks = points is not None
    about = {'schema_version': 3, 'grade_id': grade_id, 'grade': checks, 'locked': checks, 'solution': not checks,
             'task': False}
    return {'nbgrader': about | ({'points': points} if checks else {})}


def new_cell(kind, id, source, metadata=None):
    "A notebook cell as a dict."
    cell = {'cell_type': kind, 'id': id, 'metadata': metadata or {}, 'source': source.splitlines(True)}
    if kind == 'code': cell |= {'execution_count': None, 'outputs': []}
    return cell


def notebook(name, cells, solved=False):
    "The exercises of a chapter as a notebook (a dict), or None. `solved`: with the solutions in it."
    found = Chapter(name, cells).read()
    if found is None: return None
    setup, exercises, more = found
    title = next(m[1] for c in cells if (m := re.match(r'# (.+)', source_of(c))))
    made = [new_cell('markdown', 'top', TOP.format(title=title, name=name, site=SITE, branch=BRANCH)),
            new_cell('code', 'install', INSTALL.format(site=SITE)),
            new_cell('code', 'setup', setup)]
    for k, (task, code, check) in enumerate(exercises, 1):
        stars = len(TITLE.match(task.splitlines()[0])[1])
        made += [new_cell('markdown', f'task-{k}', moved(task.removeprefix('#'))),   # ### of a chapter is ## here
                 new_cell('code', f'exercise-{k}', code if solved else stub(code, k), grader(f'exercise-{k}')),
                 new_cell('code', f'check-{k}', check, grader(f'check-{k}', stars))]
    if more: made.append(new_cell('markdown', 'more', moved(more)))
    return {'cells': made, 'metadata': {'kernelspec': KERNEL}, 'nbformat': 4, 'nbformat_minor': 5}


# ---------------------------------------------------------------- running it

def failure(cell, said, solved):
    "What is wrong with what a cell said, or nothing: a check must fail unless `solved`."
    must_fail = cell.id.startswith('check-') and not solved
    if not must_fail: return f'{cell.id}: {said}' if said else ''
    if not said: return f'{cell.id}: passes without a solution'
    if said.split(':')[0] in ('NotImplementedError', 'AssertionError'): return ''
    return f'{cell.id}: without a solution, it ends in {said}'


def run(nb, solved):
    "Run the code cells of such a notebook in one fresh kernel. What went wrong, one line each."
    bad, nb = [], nbformat.reads(json.dumps(nb), as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(nb, timeout=120, kernel_name='python3', extra_arguments=['--log-level=ERROR'],
                                resources={'metadata': {'path': folder}})
        with client.setup_kernel():
            for i, cell in enumerate(nb.cells):
                said = ''
                try: client.execute_cell(cell, i)
                except CellExecutionError as e: said = f'{e.ename}: {e.evalue}'
                except (CellTimeoutError, DeadKernelError) as e: return bad + [f'{cell.id}: {e!r}'[:300]]
                bad.append(failure(cell, said, solved))
    return [line for line in bad if line]


def run_all(chapters, names, solved, n):
    "Run the exercises of these chapters, and say how it went."
    failed = []
    for name in names:
        began = time.perf_counter()
        bad = run(notebook(name, chapters[name], solved), solved)
        ok = f"ok: {name}: {'solved' if solved else 'unsolved'}, {time.perf_counter() - began:.1f} s"
        print('\n'.join(f'FAILED: {name}: {b}' for b in bad) or ok, flush=True)
        failed += bad
    if failed: sys.exit(f"FAILED: {len(failed)} cells with{'' if solved else 'out'} solutions")
    print(f'ok: {n} exercises: ' + ('the solutions pass' if solved else 'no check passes without a solution'))


# ---------------------------------------------------------------- the files

def read_chapters(root, beginnings):
    "{file name: cells} of the chapters whose names begin like this."
    paths = sorted((root/'nbs').glob('*.ipynb'))
    paths = [p for p in paths if not beginnings or p.name.startswith(tuple(beginnings))]
    for b in beginnings:
        if not any(p.name.startswith(b) for p in paths):
            sys.exit(f'FAILED: {b}: no chapter in nbs/ starts like this')
    return {p.name: read_json(p)['cells'] for p in paths}


def compare(made, chapters, folder, all_chapters):
    "The texts of the notebooks, the names of those that differ from the files, and of files that must go."
    texts = {name: json.dumps(nb, indent=1, ensure_ascii=False) + '\n' for name, nb in made.items()}
    there = {p.name: p.read_text(encoding='utf-8') for p in folder.glob('*.ipynb')}
    differ = [name for name in texts if texts[name] != there.get(name)]
    orphans = sorted(name for name in there if name not in made and (name in chapters or all_chapters))
    return texts, differ, orphans


def write_source(chapters, names, folder):
    "One assignment per chapter, as nbgrader's source: with solutions, which it takes out for the students."
    for name in names:
        path = folder/'source'/Path(name).stem/name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(notebook(name, chapters[name], solved=True), indent=1, ensure_ascii=False) + '\n'
        path.write_text(text, encoding='utf-8', newline='\n')
    print(f'{folder}/source: {len(names)} assignments; next: cd {folder} && nbgrader generate_assignment NAME')


def write(texts, differ, orphans, folder):
    "Bring the files up to date."
    folder.mkdir(exist_ok=True)
    for name in orphans: (folder/name).unlink()
    for name in differ: (folder/name).write_text(texts[name], encoding='utf-8', newline='\n')


def arguments(argv):
    "What the command line says."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in 'check', 'solutions', 'unsolved': p.add_argument(f'--{flag}', action='store_true')
    p.add_argument('chapters', nargs='*', help='beginnings of file names, as 04 or 08_ocsvm (default: all chapters)')
    p.add_argument('--source', type=Path, metavar='COURSE', help='write the source of an nbgrader course here')
    p.add_argument('--root', type=Path, default=ROOT,
                   help='folder of nbs/ and exercises/ (default: of this repository)')
    return p.parse_args(argv)


def main(argv=None):
    "The command line."
    a = arguments(argv)
    paths = [str(a.root.resolve()), str(ROOT), os.environ.get('PYTHONPATH')]
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, paths))      # for the kernels
    chapters = read_chapters(a.root, a.chapters)
    made = {name: nb for name, cells in chapters.items() if (nb := notebook(name, cells))}
    if not made: sys.exit('FAILED: no chapter has exercises')
    folder = a.root/'exercises'
    texts, differ, orphans = compare(made, chapters, folder, not a.chapters)
    changed = ', '.join(differ + orphans)
    n = sum(c['id'].startswith('check-') for nb in made.values() for c in nb['cells'])
    if a.check:
        if changed: sys.exit(f'FAILED: exercises/: {changed}: out of date; run python tools/make_exercises.py')
        print(f'ok: {len(made)} notebooks in exercises/ are what the chapters say, {n} exercises')
    if a.solutions: run_all(chapters, made, True, n)
    if a.unsolved: run_all(chapters, made, False, n)
    if a.source: write_source(chapters, made, a.source)
    if a.check or a.solutions or a.unsolved or a.source: return
    write(texts, differ, orphans, folder)
    print(f"exercises/: {len(made)} notebooks, {n} exercises; changed: {changed or 'nothing'}")


if __name__ == '__main__': main()
