"""exercises/*.ipynb from the chapters in nbs/: the same tasks, without the solutions.

    python tools/make_exercises.py                    writes exercises/
    python tools/make_exercises.py --check            changes nothing; exit code 1 when they are out of date
    python tools/make_exercises.py --solutions        runs every chapter's exercises as solved there: each check must pass
    python tools/make_exercises.py --unsolved         runs the generated notebooks as they are: each check must fail
    python tools/make_exercises.py --solutions 04 08  these chapters only; flags can be combined

The marks in a chapter are described in CONTRIBUTING.md; tools/test_exercises.py shows this script typical mistakes.
"""
import argparse, json, os, re, sys, tempfile, time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from make_readme import LINK, directives

ROOT = Path(__file__).resolve().parent.parent
SITE, BRANCH = 'patchad-nb/patchad_nb', 'main'
MARK = re.compile(r'#\s*(exercise|check)\s*:\s*(\w+)')
SOLUTION = re.compile(r'^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION *$', re.M | re.S)
HINT = re.compile(r'<details><summary>Hint</summary>\n\n.+?\n\n</details>\s*$', re.S)
TITLE = re.compile('### Exercise .*: .*[^ ★] (★{1,3})$')
INSTALL = """# Installs the course where it is missing, as on Colab.
import importlib.util
if importlib.util.find_spec('patchad_nb') is None:
    %pip install --quiet git+https://github.com/{site}"""
TOP = """# Exercises: {title}

[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/{site}/blob/{branch}/exercises/{name})

They belong to the chapter [{title}](../nbs/{name}) ([on GitHub](https://github.com/{site}/blob/{branch}/nbs/{name})).

Run the setup. Then, for each exercise: read the task, replace `raise NotImplementedError(...)` by your own code, run it, and run the check below it. A check looks at what your function does, not at how it is written, and says what is wrong. ★ is easy, ★★★ is not. Our solutions stand at the end of the chapter."""

def parts(name, cells):
    "The setup, [(task, code, check), ...] and the open tasks of a chapter; None without exercises. A mistake ends the program."
    def need(ok, where, what):
        if not ok: sys.exit(f'FAILED: {name}: {where}: {what}')
    cells = [(c['cell_type'], directives(''.join(c['source']))[1] if c['cell_type'] == 'code' else ''.join(c['source']).strip()) for c in cells]
    marks = {i: ' '.join(m.groups()) for i, (kind, s) in enumerate(cells) if kind == 'code' and (m := MARK.match(s))}
    tasks = {i: m[1] for i, (kind, s) in enumerate(cells) if kind == 'markdown' and (m := re.match(r'### Exercise (\w+)', s))}
    if not marks and not tasks: return None
    head = [i for i, (kind, s) in enumerate(cells) if kind == 'markdown' and re.search('^## Exercises$', s, re.M)]
    need(len(head) == 1, 'exercises', 'they need one heading ## Exercises before them')
    i, stars, found = head[0] + 1, '★', []
    need(marks.get(i) == 'exercise setup', 'setup', 'the cell after the heading ## Exercises must be code that starts with # exercise: setup')
    setup, i = cells[i][1], i + 1
    while i in tasks or i in marks:
        k, (task, code, check) = len(found) + 1, (s for _, s in (cells + [('', '')]*2)[i:i + 3])
        where, title = f'exercise {k}', TITLE.match(task.splitlines()[0])
        need(tasks.get(i) == str(k), where, f'expected its text, ### Exercise {k}: ..., but found {task.splitlines()[0]!r}; number them 1, 2, 3 and give each a text')
        need(title, where, 'its title must end in one to three ★')
        need(title[1] >= stars, where, f'{title[1]} comes after {stars}; sort the exercises by difficulty')
        need(HINT.search(task), where, 'has no hint; end its text with <details><summary>Hint</summary>, an empty line, the hint, an empty line, </details>')
        need(marks.get(i + 1) == f'exercise {k}', where, f'after its text comes no code cell that starts with # exercise: {k}')
        need(SOLUTION.search(code) and 'SOLUTION' not in SOLUTION.sub('', code), where, 'its solution must stand between the lines ### BEGIN SOLUTION and ### END SOLUTION')
        need(marks.get(i + 2) == f'check {k}', where, f'after its solution comes no code cell that starts with # check: {k}')
        need(len(re.findall(r'\bassert\b|\btest_\w+\(', check)) >= 2, where, 'its check needs two assertions or more')
        need(check.splitlines()[-1] == f"print('Exercise {k}: passed')", where, f"its check must end in print('Exercise {k}: passed')")
        i, stars = i + 3, title[1]; found.append((task, code, check))
    need(found, 'setup', 'no exercise follows it')
    lost = [m for j, m in marks.items() if not head[0] < j < i] + [f'exercise {k}' for j, k in tasks.items() if not head[0] < j < i]
    need(not lost, ''.join(lost[:1]), 'stands apart; keep setup, texts, solutions and checks together after ## Exercises, without other cells')
    return setup, found, cells[i][1].split('\n## ')[0].strip() if i < len(cells) and cells[i][1].startswith('More to try') else ''

def stub(code, k):
    return SOLUTION.sub(lambda m: f"{m[1]}# YOUR CODE HERE\n{m[1]}raise NotImplementedError('Exercise {k}: write your solution here')", code)

def notebook(name, cells, solved=False):
    "The exercises of a chapter as a notebook (a dict), or None. `solved`: with the solutions in it."
    if (p := parts(name, cells)) is None: return None
    setup, exercises, more = p
    title = next(m[1] for c in cells if (m := re.match(r'# (.+)', ''.join(c['source']))))
    moved = lambda text: LINK.sub(lambda m: m[0] if re.match(r'[a-z][a-z0-9+.-]*:|#|/', m[2], re.I) else f'{m[1]}../nbs/{m[2]}', text)
    out = [('top', 'markdown', TOP.format(title=title, name=name, site=SITE, branch=BRANCH)), ('install', 'code', INSTALL.format(site=SITE)), ('setup', 'code', setup)]
    for k, (task, code, check) in enumerate(exercises, 1):                # a heading ### of a chapter is one ## here
        out += [(f'task-{k}', 'markdown', moved(task.removeprefix('#'))), (f'exercise-{k}', 'code', code if solved else stub(code, k)), (f'check-{k}', 'code', check)]
    if more: out.append(('more', 'markdown', moved(more)))
    made = [{'cell_type': kind, 'id': id, 'metadata': {}, 'source': s.splitlines(True)} | (dict(execution_count=None, outputs=[]) if kind == 'code' else {}) for id, kind, s in out]
    return dict(cells=made, metadata=dict(kernelspec=dict(display_name='Python 3 (ipykernel)', language='python', name='python3')), nbformat=4, nbformat_minor=5)

def run(nb, solved):
    "Run the code cells of such a notebook in one fresh kernel. What went wrong, one line each: a check must fail unless `solved`."
    bad, nb = [], nbformat.reads(json.dumps(nb), as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(nb, timeout=120, kernel_name='python3', extra_arguments=['--log-level=ERROR'], resources={'metadata': {'path': folder}})
        with client.setup_kernel():
            for i, cell in enumerate(nb.cells):
                said, must_fail = '', cell.id.startswith('check-') and not solved
                try: client.execute_cell(cell, i)
                except CellExecutionError as e: said = f'{e.ename}: {e.evalue}'
                except (CellTimeoutError, DeadKernelError) as e: return bad + [f'{cell.id}: {e!r}'[:300]]
                if said and not must_fail: bad.append(f'{cell.id}: {said}')
                elif must_fail and not said: bad.append(f'{cell.id}: passes without a solution')
                elif must_fail and said.split(':')[0] not in ('NotImplementedError', 'AssertionError'): bad.append(f'{cell.id}: without a solution, it ends in {said}')
    return bad

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in 'check', 'solutions', 'unsolved': p.add_argument(f'--{flag}', action='store_true')
    p.add_argument('chapters', nargs='*', help='beginnings of file names, as 04 or 08_ocsvm (default: all chapters)')
    p.add_argument('--root', type=Path, default=ROOT, help='folder of nbs/ and exercises/ (default: of this repository)')
    a = p.parse_args(argv)
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [str(a.root.resolve()), str(ROOT), os.environ.get('PYTHONPATH')]))   # for the kernels
    paths = [q for q in sorted((a.root/'nbs').glob('*.ipynb')) if not a.chapters or q.name.startswith(tuple(a.chapters))]
    for c in a.chapters:
        if not any(q.name.startswith(c) for q in paths): sys.exit(f'FAILED: {c}: no chapter in nbs/ starts like this')
    chapters = {q.name: json.loads(q.read_text(encoding='utf-8'))['cells'] for q in paths}
    made = {name: nb for name, cells in chapters.items() if (nb := notebook(name, cells))}
    if not made: sys.exit('FAILED: no chapter has exercises')
    texts = {name: json.dumps(nb, indent=1, ensure_ascii=False) + '\n' for name, nb in made.items()}
    there = {q.name: q.read_text(encoding='utf-8') for q in (a.root/'exercises').glob('*.ipynb')}
    orphans = sorted(n for n in there if n not in made and (n in chapters or not a.chapters))
    differ = [n for n in texts if texts[n] != there.get(n)]
    n = sum(c['id'].startswith('check-') for nb in made.values() for c in nb['cells'])
    if a.check:
        if differ or orphans: sys.exit(f"FAILED: exercises/: {', '.join(differ + orphans)}: out of date; run python tools/make_exercises.py")
        print(f'ok: {len(made)} notebooks in exercises/ are what the chapters say, {n} exercises')
    for solved in [True] * a.solutions + [False] * a.unsolved:
        failed = []
        for name in made:
            began = time.perf_counter()
            bad = run(notebook(name, chapters[name], solved), solved)
            print('\n'.join(f'FAILED: {name}: {b}' for b in bad) or f"ok: {name}: {'solved' if solved else 'unsolved'}, {time.perf_counter() - began:.1f} s", flush=True)
            failed += bad
        if failed: sys.exit(f"FAILED: {len(failed)} cells with{'' if solved else 'out'} solutions")
        print(f"ok: {n} exercises: " + ('the solutions pass' if solved else 'no check passes without a solution'))
    if a.check or a.solutions or a.unsolved: return
    (a.root/'exercises').mkdir(exist_ok=True)
    for name in orphans: (a.root/'exercises'/name).unlink()
    for name in differ: (a.root/'exercises'/name).write_text(texts[name], encoding='utf-8', newline='\n')
    print(f"exercises/: {len(made)} notebooks, {n} exercises; changed: {', '.join(differ + orphans) or 'nothing'}")

if __name__ == '__main__': main()
