"""Shows the tools cells with directives. They must read them alike.

    python tools/test_notebooks.py                    exit code 1 when they do not
"""
import json
import tempfile
from pathlib import Path

from api_pages import Built, defined_names
from check import directive_faults, does_something, shows
from make_readme import render
from notebooks import chapters, directives, in_appendix, is_exported, module_of
from rendering import Kept, shown_cells

FIGURE = """#| echo: false
#| fig-alt: Three pieces of wood
#|   and the score maps of four methods
fig_grid(pictures)"""
PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=='
ALT = 'Three pieces of wood and the score maps of four methods'


def write_notebook(path, *sources):
    "A notebook of code cells; each shows a picture."
    output = {'output_type': 'display_data', 'metadata': {}, 'data': {'image/png': PIXEL}}
    cells = [{'cell_type': 'code', 'id': f'cell{k}', 'metadata': {}, 'execution_count': None,
              'outputs': [output], 'source': source.splitlines(True)} for k, source in enumerate(sources)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({'cells': cells, 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5}))


def test_directives():
    "A text may go on; the rest of the source follows."
    flags, rest = directives(FIGURE)
    assert flags == {'echo': 'false', 'fig-alt': ALT}, flags
    assert rest == 'fig_grid(pictures)', rest
    assert directives('#| hide\n\nx = 1\n#| slow') == ({'hide': ''}, 'x = 1\n#| slow')
    assert directives('#|hide\n# | slow')[0] == {'hide': '', 'slow': ''}
    assert shows(FIGURE) and does_something(FIGURE)


def test_faults():
    "A line that goes on must not start with a directive."
    def words(source): return ' '.join(directive_faults(source))
    assert not words(FIGURE)
    for word in 'export', 'exporti', 'exports', 'default_exp', 'hide', 'slow', 'gpu', 'data', 'echo', 'eval':
        assert f'directive {word}' in words(FIGURE.replace('and the', f'{word} the')), word
    assert 'and is no directive' in words(FIGURE.replace('|   and', '| and'))
    assert 'no fig-alt' in words('#| hide\n#|   and more')
    assert 'colon' in words('#| fig-alt: one: two')


def test_exports():
    "Cells for a module of another notebook, and methods that are patched in."
    for word in 'export', 'exporti', 'exports':
        flags, _ = directives(f'#| {word} benchmarks\ndef f(): pass')
        assert is_exported(flags) and module_of(flags, 'dense') == 'benchmarks'
        flags, _ = directives(f'#| {word}\ndef f(): pass')
        assert is_exported(flags) and module_of(flags, 'dense') == 'dense'
    names = list(defined_names('@patch\ndef f(self:A): pass\n@patch(as_prop=True)\ndef g(self:A): pass\n'
                               'def h(): pass\nclass A: pass\nX = Y = 1'))
    assert names == ['A.f', 'A.g', 'h', 'A', 'X', 'Y'], names


def test_built(folder):
    "A module that two notebooks export has one home, and each name its own place."
    class Page:
        def __init__(self, source): self.source = source
    home, other = Page(folder/'home.ipynb'), Page(folder/'other.ipynb')
    write_notebook(home.source, '#| default_exp benchmarks', '#| export\ndef f(): pass')
    write_notebook(other.source, '#| default_exp dense', '#| export benchmarks\ndef g(): pass', '#| exporti\nx = 1')
    built = Built()
    for page in home, other: built.add_page(page)
    assert built.home == {'benchmarks': home, 'dense': other}
    assert built.places['benchmarks'] == {'f': (home, 'cell-cell1'), 'g': (other, 'cell-cell1')}
    assert built.places['dense'] == {'x': (other, 'cell-cell2')}


def test_shown(folder):
    "The site and the README hide the source, and show the picture with its whole text."
    path = folder/'nbs'/'index.ipynb'
    write_notebook(path, FIGURE)
    cell = shown_cells(path, Kept()).cells[0]
    assert cell.metadata.alt == ALT and cell.metadata.transient.remove_source
    text, images = render(path, folder)
    assert f'![{ALT}](' in text and 'fig_grid' not in text and len(images) == 1


def test_order():
    "The chapters by number, then the appendix."
    names = [p.stem for p in chapters()]
    appendix = [p.stem for p in chapters() if in_appendix(p)]
    assert names[:2] == ['ten_minutes', '00_data'] and names[-len(appendix):] == appendix and appendix[0] == 'core'
    assert 'index' not in names and '00_benchmarks' in appendix


def main():
    "All tests."
    test_directives()
    test_faults()
    test_exports()
    test_order()
    with tempfile.TemporaryDirectory() as folder:
        test_built(Path(folder).resolve())
        test_shown(Path(folder).resolve())
    print('ok: the tools read directives alike')


if __name__ == '__main__': main()
