"""exercises/*.ipynb from the chapters in nbs/: the same tasks, without the solutions.

    python tools/make_exercises.py                    writes exercises/
    python tools/make_exercises.py --check            changes nothing; exit code 1 when they are out of date
    python tools/make_exercises.py --solutions        runs every chapter's exercises as solved there: each check must pass
    python tools/make_exercises.py --unsolved         runs the generated notebooks as they are: each check must fail
    python tools/make_exercises.py --selftest         shows this script typical mistakes: it must name each one
    python tools/make_exercises.py --solutions 04 08  these chapters only; flags can be combined
"""
import argparse, ast, copy, io, json, os, re, sys, tempfile, time
from contextlib import redirect_stdout
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
TITLE = re.compile(r'### Exercise (\w+): .*[^ ★] (★{1,3})$')
INSTALL = """# Installs the course where it is missing, as on Colab.
import importlib.util
if importlib.util.find_spec('patchad_nb') is None:
    %pip install --quiet git+https://github.com/{site}"""
TOP = """# Exercises: {title}

[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/{site}/blob/{branch}/exercises/{name})

They belong to the chapter [{title}](../nbs/{name}) ([on GitHub](https://github.com/{site}/blob/{branch}/nbs/{name})).

Run the setup. Then, for each exercise: read the task, replace `raise NotImplementedError(...)` by your own code, run it, and run the check below it. A check looks at what your function does, not at how it is written, and says what is wrong. ★ is easy, ★★★ is not. Our solutions stand at the end of the chapter."""

def wrong(name, where, what): sys.exit(f'FAILED: {name}: {where}: {what}')

def parts(name, cells):
    "The setup's source, [(task, code, check), ...] and the open tasks of a chapter; None without exercises. Mistakes end the program."
    cells = [(c['cell_type'], directives(''.join(c['source']))[1] if c['cell_type'] == 'code' else ''.join(c['source']).strip()) for c in cells]
    marks = [(i, *m.groups()) for i, (kind, s) in enumerate(cells) if kind == 'code' and (m := MARK.match(s))]
    tasks = {i: m[1] for i, (kind, s) in enumerate(cells) if kind == 'markdown' and (m := re.match(r'### Exercise (\w+)', s))}
    if not marks and not tasks: return None
    head = [i for i, (kind, s) in enumerate(cells) if kind == 'markdown' and re.search(r'^## Exercises$', s, re.M)]
    if len(head) != 1: wrong(name, 'exercises', 'need one cell with the heading ## Exercises before them')
    i, found = head[0] + 1, []
    if cells[i][0] != 'code' or not re.match(r'# exercise: setup\b', cells[i][1]): wrong(name, 'setup', 'the cell after ## Exercises must be code that starts with # exercise: setup')
    setup, stars, i = cells[i][1], '★', i + 1
    while i < len(cells) and (i in tasks or i in {k for k, *_ in marks}):
        k, where = len(found) + 1, f'exercise {len(found) + 1}'
        if tasks.get(i) != str(k): wrong(name, where, f"expected its text, ### Exercise {k}: ..., but found {cells[i][1].splitlines()[0]!r}; number the exercises 1, 2, 3")
        task, (kind, code), (kind2, check) = cells[i][1], *(cells + [('', '')] * 2)[i+1:i+3]
        title = TITLE.match(task.splitlines()[0])
        if not title: wrong(name, where, 'the title must end in one to three ★')
        if title[2] < stars: wrong(name, where, f'has {title[2]} after {stars}; sort the exercises by difficulty')
        if not HINT.search(task): wrong(name, where, 'has no hint; end its text with <details><summary>Hint</summary>, empty line, hint, empty line, </details>')
        if kind != 'code' or not re.match(rf'# exercise: {k}$', code, re.M): wrong(name, where, f'no code cell that starts with # exercise: {k} after its text')
        if not SOLUTION.search(code) or 'SOLUTION' in SOLUTION.sub('', code): wrong(name, where, 'put the solution between the lines ### BEGIN SOLUTION and ### END SOLUTION')
        if kind2 != 'code' or not re.match(rf'# check: {k}$', check, re.M): wrong(name, where, f'no code cell that starts with # check: {k} after its solution')
        calls = [n.func.id for n in ast.walk(ast.parse(check)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        if sum(isinstance(n, ast.Assert) for n in ast.walk(ast.parse(check))) + sum(c.startswith('test_') for c in calls) < 2: wrong(name, where, 'its check needs two assertions or more')
        if check.splitlines()[-1] != f"print('Exercise {k}: passed')": wrong(name, where, f"its check must end in print('Exercise {k}: passed')")
        stars, i = title[2], i + 3; found.append((task, code, check))
    if lost := [f'{kind} {k}' for j, kind, k in marks if not head[0] < j < i] + [f'the text of exercise {k}' for j, k in tasks.items() if not head[0] < j < i]:
        wrong(name, lost[0], 'stands apart from the others; keep setup, texts, solutions and checks together after ## Exercises')
    if not found: wrong(name, 'setup', 'no exercise follows it')
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
    for k, (task, code, check) in enumerate(exercises, 1):
        out += [(f'task-{k}', 'markdown', moved(task)), (f'exercise-{k}', 'code', code if solved else stub(code, k)), (f'check-{k}', 'code', check)]
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
    for flag in 'check', 'solutions', 'unsolved', 'selftest': p.add_argument(f'--{flag}', action='store_true')
    p.add_argument('chapters', nargs='*', help='beginnings of file names, as 04 or 08_ocsvm (default: all chapters)')
    p.add_argument('--root', type=Path, default=ROOT, help='folder of nbs/ and exercises/ (default: of this repository)')
    a = p.parse_args(argv)
    if a.selftest:
        selftest()
        if not (a.check or a.solutions or a.unsolved): return
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [str(a.root.resolve()), os.environ.get('PYTHONPATH')]))   # for the kernels
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
    for name in differ: (a.root/'exercises'/name).write_text(texts[name], encoding='utf-8')
    print(f"exercises/: {len(made)} notebooks, {n} exercises; changed: {', '.join(differ + orphans) or 'nothing'}")

def selftest():
    "Typical mistakes in a chapter of two exercises. Each must be named."
    md, code = (lambda s, kind=kind: dict(cell_type=kind, source=s.splitlines(True)) for kind in ('markdown', 'code'))
    good = [md('# Toy'), md('## Exercises'), code('# exercise: setup\nx = 3')]
    for k, op in (1, '+'), (2, '*'):
        good += [md(f'### Exercise {k}: two {op} ★\n\nSee [toy](01_toy.ipynb).\n\n<details><summary>Hint</summary>\n\nuse {op}\n\n</details>'),
                 code(f'# exercise: {k}\ndef f{k}(a, # a number\n      ):\n    ### BEGIN SOLUTION\n    return a {op} x\n    ### END SOLUTION'),
                 code(f"# check: {k}\nassert f{k}(1) == 1 {op} 3, 'one'\nassert f{k}(2) == 2 {op} 3, 'two'\nprint('Exercise {k}: passed')")]
    good.append(md('More to try, without a check:\n\n- more\n\n## Further reading\n\n- a book'))
    def edited(i, old, new): cells = copy.deepcopy(good); cells[i]['source'] = ''.join(cells[i]['source']).replace(old, new).splitlines(True); return cells
    def said(*argv):                                                    # what the program says when it fails
        try:
            with redirect_stdout(io.StringIO()): main([*argv])
        except SystemExit as e: return str(e.code)
        return ''
    with tempfile.TemporaryDirectory() as root:
        nbs, file, seen = Path(root)/'nbs', Path(root)/'exercises'/'01_toy.ipynb', []
        nbs.mkdir()
        def expect(cells, words, *argv):
            (nbs/'01_toy.ipynb').write_text(json.dumps(dict(cells=cells, metadata={}, nbformat=4, nbformat_minor=5)), encoding='utf-8')
            got = said('--root', root, *argv); seen.append(words)
            assert got.startswith('FAILED') and '\n' not in got and all(w in got for w in words) if words else not got, f'expected {words}, got {got!r}'
        expect(good, ('01_toy.ipynb', 'out of date'), '--check')        # missing
        expect(good, ()); expect(good, (), '--check')
        text = file.read_text(encoding='utf-8'); assert 'return a' not in text and 'a book' not in text and '- more' in text and '../nbs/01_toy' in text
        file.write_text(text.replace('two', 'too'), encoding='utf-8'); expect(good, ('01_toy.ipynb', 'out of date'), '--check')
        expect(good, ()); file.with_name('02_old.ipynb').write_text('{}'); expect(good, ('02_old.ipynb', 'out of date'), '--check')
        for cells, *words in [(edited(4, '### BEGIN SOLUTION', ''), 'exercise 1', 'BEGIN SOLUTION'), (edited(7, '### END SOLUTION', ''), 'exercise 2', 'END SOLUTION'),
                              (good[:8] + good[9:], 'exercise 2', '# check: 2'), (good[:5] + good[6:], 'exercise 1', '# check: 1'), (good[:3] + good[6:9] + good[3:6], 'exercise 1', 'number'),
                              (edited(3, 'Hint', ''), 'exercise 1', 'hint'), (edited(6, '★', ''), 'exercise 2', '★'), (edited(3, '★', '★★'), 'exercise 2', 'difficulty'),
                              (good[:2] + good[3:], 'setup'), (good[2:] , '## Exercises'), (good[:6] + [md('aside')] + good[6:], 'exercise 2', 'apart'),
                              (edited(8, 'assert f2(1)', 'f2(1)'), 'exercise 2', 'two assertions'),
                              (edited(5, 'passed', 'done'), 'exercise 1', 'must end in')]: expect(cells, ('01_toy.ipynb', *words), '--check')
        expect(good, (), '--solutions', '--unsolved')
        expect(edited(4, 'a + x', 'a - x'), ('1 cells with solutions',), '--solutions')
        expect(edited(5, 'assert', 'assert True or'), ('1 cells without',), '--unsolved')
        expect(edited(5, 'assert', 'y; assert'), ('1 cells without',), '--unsolved')      # fails, but for another reason
    print(f'ok: {len(seen)} cases of the self-test')

if __name__ == '__main__': main()
