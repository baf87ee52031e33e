"""What the course adds to Sphinx: formulas as MathML, links to the glossary and to the API, and edit links."""
import re

from docutils import nodes
from sphinx.util.nodes import make_refnode

from rendering import mathml

GLOSSARY = 'nbs/glossary'
NO_LINK = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw, nodes.math, nodes.math_block)
# Words of the glossary that sentences use in their everyday meaning, too.
EVERYDAY = {'code', 'collapse', 'job', 'journal', 'layout', 'normal', 'phase', 'preset', 'restart', 'run', 'white'}


# ---------------------------------------------------------------- formulas

def visit_formula(self, node):
    "A formula in a line."
    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def visit_display(self, node):
    "A formula on a line of its own."
    self.body.append(f'<div class="formula">{mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


# ---------------------------------------------------------------- what there is to link to

def collect(app, doctree):
    "Remember the words of the glossary and the names of the API, each with its place."
    page = app.env.docname
    if page == GLOSSARY: app.env.course_terms = dict(terms(doctree))
    if page.startswith('api/'):
        for section in doctree.findall(nodes.section):
            app.env.course_names.setdefault(section[0].astext(), []).append((page, section['ids'][0]))


def terms(doctree):
    "(word, (id, meaning)) of each entry of the glossary; an entry gets an id."
    for item in doctree.findall(nodes.list_item):
        word = next(item.findall(nodes.strong), None)
        if word is None: continue
        word = word.astext()
        item['ids'].append('term-' + nodes.make_id(word))
        yield word, (item['ids'][0], item[0].astext().partition(': ')[2])


def pattern(words):
    "The words as a regular expression, the longest first, with a plural."
    found = '|'.join(re.escape(w) for w in sorted(words, key=len, reverse=True) if w not in EVERYDAY)
    return re.compile(rf'(?<![\w-])({found})(?:e?s)?(?![\w-])', re.I)


# ---------------------------------------------------------------- links

def anchor(text):
    "The anchor of a heading as Jupyter writes it."
    return text.replace(' ', '-')


def linkable(node):
    "Whether a text stands in prose: not in a heading, a link, code, or an output of a cell."
    while node := node.parent:
        if isinstance(node, NO_LINK) or 'cell' in node.get('classes', []): return False
        if isinstance(node, nodes.document): return True


def link_terms(app, doctree, page):
    "The first occurrence of each word of the glossary becomes a link to its entry."
    entries = {word.casefold(): (word, *entry) for word, entry in app.env.course_terms.items()}
    words, done = pattern(app.env.course_terms), set()
    for text in list(doctree.findall(nodes.Text)):
        if linkable(text): text.parent.replace(text, list(linked(app, text.astext(), page, words, entries, done)))


def linked(app, text, page, words, entries, done):
    "A text as nodes: words that are not yet `done` as links, and what stands between them."
    end = 0
    for m in words.finditer(text):
        word, ident, meaning = entries[m[1].casefold()]
        if word in done: continue
        done.add(word)
        if m.start() > end: yield nodes.Text(text[end:m.start()])
        link = make_refnode(app.builder, page, GLOSSARY, ident, nodes.inline('', m[0]), meaning)
        link['classes'].append('term')
        yield link
        end = m.end()
    if end < len(text): yield nodes.Text(text[end:])


def entry_of(app, name, page):
    "The API entry that a name means on this page, or None: the chapter's own module comes first."
    places = app.env.course_names.get(name, [])
    own = [place for place in places if place[0] == app.config.course_modules.get(page)]
    if own: return own[0]
    return places[0] if len(places) == 1 else None


def link_names(app, doctree, page):
    "Names of the library become links to their API entries."
    for code in list(doctree.findall(nodes.literal)):
        if not linkable(code): continue
        if place := entry_of(app, code.astext(), page):
            code.replace_self(make_refnode(app.builder, page, *place, code.deepcopy()))


def link(app, doctree, page):
    "All links of a page."
    link_names(app, doctree, page)
    if page != GLOSSARY and not page.startswith('api/'): link_terms(app, doctree, page)


# ---------------------------------------------------------------- pages

def no_edit_link(app, page, template, context, doctree):
    "Pages of the API are made from notebooks: there is nothing to edit."
    if page.startswith('api/'): context['page_source_suffix'] = ''


def begin(app):
    "Empty lists."
    app.env.course_terms, app.env.course_names = {}, {}


def setup(app):
    "Called by Sphinx."
    app.add_config_value('course_modules', {}, 'env')
    app.add_html_math_renderer('mathml', (visit_formula, None), (visit_display, None))
    app.connect('builder-inited', begin)
    app.connect('doctree-read', collect)
    app.connect('doctree-resolved', link)
    app.connect('html-page-context', no_edit_link, priority=499)
    return {'parallel_read_safe': False, 'parallel_write_safe': True}
