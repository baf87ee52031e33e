"""What readers see of a notebook, for the site and the slides: cells without directives, formulas as MathML."""
import base64
import html
import io
import re
import sys

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML
from PIL import Image
from pygments.formatters import HtmlFormatter

from notebooks import ROOT, directives, folded, hidden, is_exported, output_hidden, source_hidden

SITE = ROOT/'tools'/'site'
HIGHLIGHT = Highlight2HTML(pygments_lexer='python')
IMAGES = {'image/svg+xml': 'svg', 'image/png': 'png', 'image/jpeg': 'jpg'}      # the first that an output has is shown
VIEW = 'application/vnd.jupyter.widget-view+json'
WIDGET = '*Something to move with the mouse: open the notebook to use it.*'
FLAGS = {
    'slow': 'slow: takes minutes, not run by the default tests',
    'gpu': 'needs a GPU, not run by the default tests',
    'data': 'needs a folder of images, not run by the default tests',
}
CODE_OR_MATH = re.compile(
    r'(^ *(?P<f>```|~~~).*?^ *(?P=f)|(?<!`)(?P<t>`+)(?!`).+?(?<!`)(?P=t)(?!`))'
    r'|\$\$(?P<block>.+?)\$\$'
    r'|(?<![\\$])\$(?=\S)(?P<inline>[^$]+?)(?<=\S)\$(?!\d)', re.M | re.S)
KEPT = re.compile('\ue000(\\d+)\ue001')

# Notebook to HTML: plain boxes, and no scripts or style sheets of others.
INPUT = ("{{ cell.metadata.flag or '' }}"
         '<div class="in{% if cell.metadata.exported %} exported{% endif %}">'
         '{{ cell.source | highlight_code(metadata=cell.metadata) }}</div>')
CELLS = '''{%- extends 'display_priority.j2' -%}
{% block codecell %}<div class="cell" id="cell-{{ cell.id }}">{{ super() }}</div>{% endblock %}
{% block in_prompt %}{% endblock %}
{% block input %}''' + INPUT + '''{% endblock %}
{% block output_group %}{% if cell.outputs %}<div class="out">{{ super() }}</div>{% endif %}{% endblock %}
{% block output_prompt %}{% endblock %}
{% block stream_stdout %}<pre>{{ output.text | ansi2html }}</pre>{% endblock %}
{% block stream_stderr %}<pre>{{ output.text | ansi2html }}</pre>{% endblock %}
{% block error %}<div class="err"><pre>{{ super() }}</pre></div>{% endblock %}
{% block traceback_line %}{{ line | ansi2html }}{% endblock %}
{% block data_text %}<pre>{{ output.data['text/plain'] | ansi2html }}</pre>{% endblock %}
{% block data_html %}{{ output.data['text/html'] }}{% endblock %}
{% block data_markdown %}{{ output.data['text/markdown'] | markdown2html }}{% endblock %}
{% block data_png %}{{ output.metadata.picture }}{% endblock %}
{% block data_jpg %}{{ output.metadata.picture }}{% endblock %}
{% block data_svg %}{{ output.metadata.picture }}{% endblock %}
{% block data_latex %}<pre>{{ output.data['text/latex'] | e }}</pre>{% endblock %}
{% block data_javascript %}{% endblock %}
{% block data_widget_view %}{% endblock %}
{% block markdowncell %}{{ cell.source | markdown2html }}{% endblock %}
'''


# ---------------------------------------------------------------- formulas and code

def bold_italic():
    "Plain letter -> the same letter in bold italics, for Greek and Latin."
    alphabets = (0x391, 0x1D71C, 25), (0x3B1, 0x1D736, 25), (0x41, 0x1D468, 26), (0x61, 0x1D482, 26)
    return {chr(plain + i): chr(bold + i) for plain, bold, n in alphabets for i in range(n)}


BOLD_ITALIC = bold_italic()


def mathml(tex, block):
    "A formula as MathML, which browsers draw without any script."
    from latex2mathml.converter import convert
    tex = tex.strip()
    try: out = convert(tex, display='block' if block else 'inline')
    except Exception as e:
        sys.exit(f'FAILED: the formula {tex[:80]!r} cannot be converted ({e!r}); write it in simpler LaTeX')
    out = html.unescape(out.replace('&#x0003C;', '&amp;lt;').replace('&#x00026;', '&amp;amp;'))
    out = re.sub(r'<mi mathvariant="bold-italic">(.)</mi>',           # browsers know no bold mathvariant
                 lambda m: f'<mi>{BOLD_ITALIC.get(m[1], m[1])}</mi>', out)
    return f'<span class="formula">{out}</span>' if block else out


class Kept(list):
    "Formulas and highlighted code are kept aside while Markdown and HTML are read, and put in at the very end."
    def keep(self, finished):
        "A mark that stands for finished HTML."
        self.append(finished)
        return f'\ue000{len(self) - 1}\ue001'

    def formulas(self, text):
        "The text with its formulas kept aside."
        def take(m):
            block, inline = m['block'], m['inline']
            if block is None and inline is None: return m[0]           # code
            return self.keep(mathml(block or inline, block is not None))
        return CODE_OR_MATH.sub(take, text)

    def code(self, source, **kw):
        "Highlighted code, kept aside."
        return self.keep(HIGHLIGHT(source))

    def back(self, text):
        "The text with everything put in."
        return KEPT.sub(lambda m: self[int(m[1])], text)


class Unchanged(Kept):
    "Leaves formulas as they are written."
    def formulas(self, text): return text


# ---------------------------------------------------------------- cells

def alt_text(flags, heading, title):
    "The text for the images of a cell."
    return flags.get('fig-alt') or flags.get('fig-cap') or f'Figure in the section “{heading or title}”'


def headings(text):
    "The headings of a Markdown text, plain, without those in fenced code."
    text = re.sub(r'^(```|~~~).*?^\1', '', text, flags=re.M | re.S)
    found = (re.match(r'(#+) +(.*)', line) for line in text.splitlines())
    return [re.sub(r'[`*$\\]', '', m[2]) for m in found if m]


def prepare_output(output, kept):
    "Results and displays are shown alike, a widget by a sentence, formulas as MathML."
    if output.output_type == 'execute_result':
        output.output_type = 'display_data'
        output.pop('execution_count', None)
    if VIEW in output.get('data', {}): output.data = nbformat.from_dict({'text/markdown': WIDGET})
    if 'text/markdown' in output.get('data', {}):
        output.data['text/markdown'] = kept.formulas(output.data['text/markdown'])


def prepare_code(cell, kept, heading, title):
    "A code cell without directives, with what the template needs; whether anything of it is shown."
    fold = folded(cell)
    flags, cell.source = directives(cell.source)
    if hidden(flags): return False
    if output_hidden(flags): cell.outputs = []
    no_source = source_hidden(flags) or not cell.source.strip()
    if no_source and not cell.outputs: return False
    cell.metadata = nbformat.from_dict({
        'alt': alt_text(flags, heading, title),
        'flag': ''.join(f'<p class="flag">{text}</p>' for f, text in FLAGS.items() if f in flags),
        'exported': is_exported(flags),
        'folded': fold,
        'transient': {'remove_source': no_source},
    })
    for output in cell.outputs: prepare_output(output, kept)
    return True


def shown_cells(path, kept):
    "The cells that a reader sees, without directives, and each with `alt`: the text for its images."
    nb = nbformat.read(path, as_version=4)
    cells, heading, title = [], '', ''
    for cell in nb.cells:
        if cell.cell_type == 'markdown':
            for heading in headings(cell.source): title = title or heading
            cell.source = kept.formulas(cell.source)
            cells.append(cell)
        elif cell.cell_type == 'code' and prepare_code(cell, kept, heading, title):
            cells.append(cell)
    nb.cells = cells
    nb.metadata.language_info = nbformat.from_dict({'name': 'python'})
    return nb


def size_of(data, kind):
    "The size of an image as attributes of its tag."
    if kind == 'image/svg+xml': return ''
    with Image.open(io.BytesIO(data)) as im: return f' width="{im.width}" height="{im.height}"'


def images(cell):
    "(output, mime type, bytes) of each image that a cell shows."
    for output in cell.get('outputs', []):
        data = output.get('data', {})
        kind = next((k for k in IMAGES if k in data and 'text/html' not in data), None)
        if kind == 'image/svg+xml': yield output, kind, data[kind].encode()
        elif kind: yield output, kind, base64.b64decode(data[kind])


def exporter(kept, template=CELLS, cls=HTMLExporter, name='basic'):
    "An exporter of nbconvert with our template."
    e = cls(template_name=name, filters={'highlight_code': kept.code})
    e.raw_template = template
    return e


def style_sheet(name):
    "One of our style sheets, with the colors of highlighted code."
    colors = HtmlFormatter(style='default').get_style_defs('.highlight').replace('background: #f8f8f8', '')
    return (SITE/name).read_text(encoding='utf-8') + '\n' + colors
