"""Shows tools/make_exercises.py the typical mistakes of authors, in a chapter of two exercises. It must name each one.

    python tools/test_exercises.py                    exit code 1 when it does not
"""
import copy, io, json, tempfile
from contextlib import redirect_stdout
from pathlib import Path

from make_exercises import main

def md(s): return dict(cell_type='markdown', source=s.splitlines(True))
def code(s): return dict(cell_type='code', source=s.splitlines(True))

GOOD = [md('# Toy'), md('## Exercises'), code('# exercise: setup\nx = 3')]
for k, op in (1, '+'), (2, '*'):
    GOOD += [md(f'### Exercise {k}: two {op} ★\n\nSee [toy](01_toy.ipynb).\n\n<details><summary>Hint</summary>\n\nuse {op}\n\n</details>'),
             code(f'# exercise: {k}\ndef f{k}(a, # a number\n      ):\n    ### BEGIN SOLUTION\n    return a {op} x\n    ### END SOLUTION'),
             code(f"#| fig-alt: none\n# check: {k}\nassert f{k}(1) == 1 {op} 3, 'one'\nassert f{k}(2) == 2 {op} 3, 'two'\nprint('Exercise {k}: passed')")]
GOOD.append(md('More to try, without a check:\n\n- more\n\n## Further reading\n\n- a book'))

def edited(i, old, new):
    "GOOD with another cell `i`."
    cells = copy.deepcopy(GOOD); source = ''.join(cells[i]['source']); assert old in source
    cells[i]['source'] = source.replace(old, new).splitlines(True)
    return cells

MISTAKES = [                                               # cells, and words that the message must have
    (edited(4, '### BEGIN SOLUTION', ''), 'exercise 1', 'BEGIN SOLUTION'), (edited(7, '### END SOLUTION', ''), 'exercise 2', 'END SOLUTION'),
    (edited(7, '### END SOLUTION', '### END SOLUTION\n    ### BEGIN SOLUTION'), 'exercise 2', 'BEGIN SOLUTION'),
    (GOOD[:8] + GOOD[9:], 'exercise 2', '# check: 2'), (GOOD[:5] + GOOD[6:], 'exercise 1', '# check: 1'), (edited(5, 'check: 1', 'check: 2'), 'exercise 1', '# check: 1'),
    (GOOD[:3] + GOOD[6:9] + GOOD[3:6], 'exercise 1', 'number'), (GOOD[:6] + GOOD[7:], 'exercise 2', 'text'), (GOOD[:7] + GOOD[8:], 'exercise 2', '# exercise: 2'),
    (edited(3, 'Hint', ''), 'exercise 1', 'hint'), (edited(6, '★', ''), 'exercise 2', '★'), (edited(3, '★', '★★'), 'exercise 2', 'difficulty'),
    (GOOD[:2] + GOOD[3:], 'setup'), (GOOD[2:], '## Exercises'), (GOOD[:3] + GOOD[9:], 'no exercise'), (GOOD[:6] + [md('aside')] + GOOD[6:], 'exercise 2', 'apart'),
    (edited(8, 'assert f2(1)', 'f2(1)'), 'exercise 2', 'two assertions'), (edited(5, 'passed', 'done'), 'exercise 1', 'must end in')]

def selftest(root):
    (root/'nbs').mkdir(); chapter, made = root/'nbs'/'01_toy.ipynb', root/'exercises'/'01_toy.ipynb'
    def said(cells, *flags):
        "What the script says when it fails on this chapter, one line; nothing when it does not."
        chapter.write_text(json.dumps(dict(cells=cells, metadata={}, nbformat=4, nbformat_minor=5)), encoding='utf-8')
        try:
            with redirect_stdout(io.StringIO()): main(['--root', str(root), *flags])
        except SystemExit as e: assert str(e.code).startswith('FAILED: ') and '\n' not in str(e.code), e.code; return str(e.code)
        return ''
    def expect(words, *call):
        got = said(*call); assert bool(got) == bool(words) and all(w in got for w in words), f'expected {words}, got {got!r}'
    stale = 'exercises/', '01_toy.ipynb', 'out of date'
    expect(stale, GOOD, '--check'); expect((), GOOD); expect((), GOOD, '--check')        # missing, written, there
    text = made.read_text(encoding='utf-8')
    assert 'return a' not in text and text.count('YOUR CODE HERE') == 2 and 'fig-alt' not in text and 'a book' not in text and '- more' in text and '](../nbs/01_toy.ipynb)' in text
    made.write_text(text.replace('two', 'too'), encoding='utf-8'); expect(stale, GOOD, '--check'); expect((), GOOD)
    made.with_name('02_old.ipynb').write_text('{}'); expect(('02_old.ipynb', 'out of date'), GOOD, '--check'); expect((), GOOD); expect((), GOOD, '--check')
    for cells, *words in MISTAKES: expect(('01_toy.ipynb', *words), cells, '--check'); expect(('01_toy.ipynb', *words), cells)
    assert made.read_text(encoding='utf-8') == text                                      # a mistake writes nothing
    expect((), GOOD, '--solutions', '--unsolved')
    expect(('1 cells with solutions',), edited(4, 'a + x', 'a - x'), '--solutions')
    expect(('1 cells without solutions',), edited(5, 'assert', 'assert True or'), '--unsolved')
    expect(('1 cells without solutions',), edited(5, 'assert', 'y; assert'), '--unsolved')   # fails, but for another reason
    expect(('no chapter',), GOOD, '--check', '07')

if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder: selftest(Path(folder))
    print(f'ok: the {len(MISTAKES)} mistakes of authors are named')
