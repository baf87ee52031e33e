"""Shows tools/make_exercises.py the typical mistakes of authors, in a chapter of two exercises. It must name each one.

    python tools/test_exercises.py                    exit code 1 when it does not
"""
import copy
import io
import json
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from make_exercises import main

TASK = """### Exercise {k}: two {op} ★

See [toy](01_toy.ipynb).

<details><summary>Hint</summary>

use {op}

</details>"""
CODE = """# exercise: {k}
def f{k}(a, # a number
      ):
    ### BEGIN SOLUTION
    return a {op} x
    ### END SOLUTION"""
CHECK = """#| fig-alt: none
#|   and nothing else
# check: {k}
assert f{k}(1) == 1 {op} 3, 'one'
assert f{k}(2) == 2 {op} 3, 'two'
print('Exercise {k}: passed')"""


def md(s):
    "A text cell."
    return {'cell_type': 'markdown', 'source': s.splitlines(True)}


def code(s):
    "A code cell."
    return {'cell_type': 'code', 'source': s.splitlines(True)}


def good_chapter():
    "A chapter without a mistake."
    cells = [md('# Toy'), md('## Exercises'), code('# exercise: setup\nx = 3')]
    for k, op in (1, '+'), (2, '*'):
        cells.append(md(TASK.format(k=k, op=op)))
        cells.append(code(CODE.format(k=k, op=op)))
        cells.append(code(CHECK.format(k=k, op=op)))
    cells.append(md('More to try, without a check:\n\n- more\n\n## Further reading\n\n- a book'))
    return cells


GOOD = good_chapter()


def edited(i, old, new):
    "GOOD with another cell `i`."
    cells = copy.deepcopy(GOOD)
    source = ''.join(cells[i]['source'])
    assert old in source
    cells[i]['source'] = source.replace(old, new).splitlines(True)
    return cells


MISTAKES = [                                               # cells, and words that the message must have
    (edited(4, '### BEGIN SOLUTION', ''), 'exercise 1', 'BEGIN SOLUTION'),
    (edited(7, '### END SOLUTION', ''), 'exercise 2', 'END SOLUTION'),
    (edited(7, '### END SOLUTION', '### END SOLUTION\n    ### BEGIN SOLUTION'), 'exercise 2', 'BEGIN SOLUTION'),
    (GOOD[:8] + GOOD[9:], 'exercise 2', '# check: 2'),
    (GOOD[:5] + GOOD[6:], 'exercise 1', '# check: 1'),
    (edited(5, 'check: 1', 'check: 2'), 'exercise 1', '# check: 1'),
    (GOOD[:3] + GOOD[6:9] + GOOD[3:6], 'exercise 1', 'number'),
    (GOOD[:6] + GOOD[7:], 'exercise 2', 'text'),
    (GOOD[:7] + GOOD[8:], 'exercise 2', '# exercise: 2'),
    (edited(3, 'Hint', ''), 'exercise 1', 'hint'),
    (edited(6, '★', ''), 'exercise 2', '★'),
    (edited(3, '★', '★★'), 'exercise 2', 'difficulty'),
    (GOOD[:2] + GOOD[3:], 'setup'),
    (GOOD[2:], '## Exercises'),
    (GOOD[:3] + GOOD[9:], 'no exercise'),
    (GOOD[:6] + [md('aside')] + GOOD[6:], 'exercise 2', 'apart'),
    (edited(8, 'assert f2(1)', 'f2(1)'), 'exercise 2', 'two assertions'),
    (edited(5, 'passed', 'done'), 'exercise 1', 'must end in'),
]


class Trial:
    "A folder with one chapter, on which the script is run."
    def __init__(self, root):
        self.root = root
        (root/'nbs').mkdir()
        self.chapter = root/'nbs'/'01_toy.ipynb'
        self.made = root/'exercises'/'01_toy.ipynb'

    def said(self, cells, *flags):
        "What the script says when it fails on these cells, one line; nothing when it does not."
        nb = {'cells': cells, 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5}
        self.chapter.write_text(json.dumps(nb), encoding='utf-8')
        try:
            with redirect_stdout(io.StringIO()): main(['--root', str(self.root), *flags])
        except SystemExit as e:
            message = str(e.code)
            assert message.startswith('FAILED: ') and '\n' not in message, message
            return message
        return ''

    def expect(self, words, *call):
        "The script fails with all these words, or passes when there are none."
        got = self.said(*call)
        assert bool(got) == bool(words) and all(w in got for w in words), f'expected {words}, got {got!r}'

    def passes(self, *call): self.expect((), *call)


def test_files(trial):
    "Missing, written, there; edited by hand, written again; a file that belongs to no chapter."
    stale = 'exercises/', '01_toy.ipynb', 'out of date'
    trial.expect(stale, GOOD, '--check')
    trial.passes(GOOD)
    trial.passes(GOOD, '--check')
    text = trial.made.read_text(encoding='utf-8')
    assert text.count('YOUR CODE HERE') == 2 and '- more' in text and '](../nbs/01_toy.ipynb)' in text
    for gone in 'return a', 'fig-alt', 'nothing else', 'a book': assert gone not in text, gone
    trial.made.write_text(text.replace('two', 'too'), encoding='utf-8')
    trial.expect(stale, GOOD, '--check')
    trial.passes(GOOD)
    trial.made.with_name('02_old.ipynb').write_text('{}')
    trial.expect(('02_old.ipynb', 'out of date'), GOOD, '--check')
    trial.passes(GOOD)
    trial.passes(GOOD, '--check')
    return text


def test_mistakes(trial, text):
    "Each mistake is named, and writes nothing."
    for cells, *words in MISTAKES:
        trial.expect(('01_toy.ipynb', *words), cells, '--check')
        trial.expect(('01_toy.ipynb', *words), cells)
    assert trial.made.read_text(encoding='utf-8') == text


def test_runs(trial):
    "Wrong solutions, and checks that pass without one or fail for another reason."
    trial.passes(GOOD, '--solutions', '--unsolved')
    trial.expect(('1 cells with solutions',), edited(4, 'a + x', 'a - x'), '--solutions')
    trial.expect(('1 cells without solutions',), edited(5, 'assert', 'assert True or'), '--unsolved')
    trial.expect(('1 cells without solutions',), edited(5, 'assert', 'y; assert'), '--unsolved')
    trial.expect(('no chapter',), GOOD, '--check', '07')


def selftest(root):
    "All tests, in one folder."
    trial = Trial(root)
    text = test_files(trial)
    test_mistakes(trial, text)
    test_runs(trial)


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder: selftest(Path(folder))
    print(f'ok: the {len(MISTAKES)} mistakes of authors are named')
