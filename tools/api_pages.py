"""The reference on the site: one page for each module, from signatures, docstrings and docments."""
import ast
import importlib
import inspect
import pprint
import re
from collections import namedtuple
from dataclasses import is_dataclass

from fastcore.docments import docments

from notebooks import flags_of, is_exported, module_of, read_json, settings, source_of

Place = namedtuple('Place', 'page cell')                    # where a name is built
HEAD = '| parameter | type | default | meaning |\n|---|---|---|---|\n'


# ---------------------------------------------------------------- where the names are built

class Built:
    "Which page exports which module and which name."
    def __init__(self):
        self.home = {}                                     # module -> the page whose own module it is
        self.places = {}                                   # module -> {name: Place}

    def add_page(self, page):
        "What a notebook exports."
        default = None
        for cell in read_json(page.source)['cells']:
            if cell['cell_type'] != 'code': continue
            flags = flags_of(source_of(cell))
            if 'default_exp' in flags:
                default = flags['default_exp']
                self.home[default] = page
            if not is_exported(flags): continue
            names = self.places.setdefault(module_of(flags, default), {})
            for name in defined_names(source_of(cell)):
                names.setdefault(name, Place(page, f"cell-{cell['id']}"))


def built_by(pages):
    "What all notebooks export."
    built = Built()
    for page in pages:
        if page.source and page.source.suffix == '.ipynb': built.add_page(page)
    return built


def patched_class(node):
    "The class that a function with fastcore's `@patch` belongs to, or None."
    decorators = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    if not any(getattr(d, 'id', '') == 'patch' for d in decorators): return None
    return ast.unparse(node.args.args[0].annotation)


def defined_names(source):
    "The names that an exported cell defines. A patched method is called `Class.method`."
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef): yield node.name
        elif isinstance(node, ast.FunctionDef):
            cls = patched_class(node)
            yield f'{cls}.{node.name}' if cls else node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from (t.id for t in ast.walk(target) if isinstance(t, ast.Name))


# ---------------------------------------------------------------- signatures

def annotation(a):
    "A type as a reader writes it: Path for pathlib.Path."
    if a is inspect.Parameter.empty or a is None: return ''
    text = a if isinstance(a, str) else inspect.formatannotation(a)
    return re.sub(r'\b(?:[a-z_]\w*\.)+(?=[A-Z])', '', text)


def value_text(value):
    "A default value as text."
    return getattr(value, '__name__', None) or repr(value)


def parameter_text(p):
    "A parameter as in a `def`."
    star = {p.VAR_POSITIONAL: '*', p.VAR_KEYWORD: '**'}.get(p.kind, '')
    kind = annotation(p.annotation)
    text = star + p.name + (f': {kind}' if kind else '')
    if p.default is p.empty: return text
    return text + (' = ' if kind else '=') + value_text(p.default)


def parameter_texts(parameters):
    "The parameters as in a `def`, with the `*` before the first that needs its name."
    words, kinds = [], []
    for p in parameters:
        named = p.VAR_POSITIONAL in kinds or p.KEYWORD_ONLY in kinds
        if p.kind is p.KEYWORD_ONLY and not named: words.append('*')
        words.append(parameter_text(p))
        kinds.append(p.kind)
    return words


def signature(name, f, bound=False):
    "The signature as a `def`, broken into lines when long."
    try: sig = inspect.signature(f)
    except (ValueError, TypeError): return name + '(...)'
    parameters = list(sig.parameters.values())
    if bound and parameters and parameters[0].name == 'self': parameters = parameters[1:]
    words = parameter_texts(parameters)
    returned = '' if name.startswith('__') else annotation(sig.return_annotation)
    back = f' -> {returned}' if returned else ''
    line = f"{name}({', '.join(words)}){back}"
    return line if len(line) <= 100 else f'{name}(\n    ' + ',\n    '.join(words) + ')' + back


# ---------------------------------------------------------------- tables of parameters

def code(text):
    "Code in a line; nothing for no text."
    return f'`{text}`' if text else ''


def default_text(name, d):
    "The default value of a row, or nothing."
    default = d.get('default', inspect.Parameter.empty)
    return '' if name == 'return' or default is inspect.Parameter.empty else value_text(default)


def parameter_row(name, d):
    "One row of a table of parameters."
    label = '*returns*' if name == 'return' else f'`{name}`'
    meaning = ' '.join((d.get('docment') or '').split())
    cells = label, code(annotation(d.get('anno'))), code(default_text(name, d)), meaning
    return '| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |\n'


def parameter_table(f):
    "What docments say: a row per parameter, and one for what is returned."
    try: docs = docments(f, full=True, returns=True)
    except Exception: return ''
    rows = [(name, d) for name, d in docs.items() if name != 'self' and (d.get('docment') or name != 'return')]
    if not any(d.get('docment') for _, d in rows): return ''
    return HEAD + ''.join(parameter_row(name, d) for name, d in rows)


def doc(obj):
    "The docstring."
    text = getattr(obj, '__doc__', None)
    return inspect.cleandoc(text) if text else ''


def block(text):
    "A block of code."
    return f'```python\n{text}\n```'


# ---------------------------------------------------------------- entries

def function_of(cls, name, member):
    "The function behind a member of a class: methods of the class, too, and those that were patched in."
    if isinstance(member, (classmethod, staticmethod)): return member.__func__
    bound = getattr(cls, name)
    return bound.__func__ if inspect.ismethod(bound) else member


def methods(cls):
    "Public methods that the class itself has, with those that were patched in."
    for name, member in vars(cls).items():
        if name.startswith('_'): continue
        f = member if isinstance(member, property) else function_of(cls, name, member)
        if inspect.isfunction(f) or isinstance(f, property): yield name, f


def method_entry(label, f, link):
    "The entry of one method or property, `label` is Class.method."
    name = label.partition('.')[2]
    is_property = isinstance(f, property)
    shown = f'@property\n{name}' if is_property else signature(name, f, bound=True)
    return [f'### {label}', block(shown), link, doc(f), '' if is_property else parameter_table(f)]


def class_head(name, cls):
    "A class as in its definition: decorator, bases and the parameters of its constructor."
    bases = ', '.join(b.__name__ for b in cls.__bases__ if b is not object)
    decorator = '@dataclass\n' if is_dataclass(cls) else ''
    head = f"{decorator}class {name}{f'({bases})' if bases else ''}"
    if '__init__' not in vars(cls) and not is_dataclass(cls): return head
    lines = signature('__init__', cls).splitlines()
    return head + ':\n' + '\n'.join('    ' + line for line in lines)


def class_entry(name, cls, links):
    "The entry of a class with its methods."
    made_doc = cls.__doc__ and cls.__doc__.startswith(name + '(')      # dataclasses get a signature as docstring
    out = [block(class_head(name, cls)), links(name), '' if made_doc else doc(cls)]
    out.append(parameter_table(cls) if '__init__' in vars(cls) else '')
    for method, f in methods(cls):
        label = f'{name}.{method}'
        out += method_entry(label, f, links(label))
    return out


def value_entry(name, value, link):
    "The entry of a constant: its first thirty lines."
    text = pprint.pformat(value, width=100, compact=True, sort_dicts=False)
    text = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r'\1', text)
    text = re.sub(r'<function (\w+) at 0x\w+>', r'\1', text)
    lines = text.splitlines()
    shown = [f'{name} = {lines[0]}', *lines[1:30]] + ['...'] * (len(lines) > 30)
    return [block('\n'.join(shown)), link]


def entry(name, obj, links):
    "The entry of one public name."
    if inspect.isclass(obj): body = class_entry(name, obj, links)
    elif callable(obj): body = [block(signature(name, obj)), links(name), doc(obj), parameter_table(obj)]
    else: body = value_entry(name, obj, links(name))
    return [f'## {name}', *body]


# ---------------------------------------------------------------- pages

def built_in(place, name):
    "The link from a name to the cell that builds it."
    return f'*built in* {{ref}}`{place.page.title}: {name} <{place.cell}>`'


def module_intro(module, page):
    "What a module is for, and the chapter that makes it."
    text = inspect.cleandoc(module.__doc__).splitlines()[0] if module.__doc__ else ''
    return f'{text}\n\nThis module is made by the chapter {{doc}}`{page.title} </{page.url}>`, which explains it.'


def load_module(name):
    "A module of the library."
    return importlib.import_module(f"{settings()['lib_path']}.{name}")


def public_names(name, built):
    "The public names that a module defines itself, and those that it only passes on."
    public = getattr(load_module(name), '__all__', [])
    places = built.places.get(name, {})
    return [n for n in public if n in places], [n for n in public if n not in places]


def api_text(name, built):
    "The page of one module: every public name, with its signature, docstring and table of parameters."
    module = load_module(name)
    places = built.places.get(name, {})
    def links(label): return built_in(places[label], label) if label in places else ''
    out = [f'# {module.__name__}']
    if name in built.home: out.append(module_intro(module, built.home[name]))
    own, passed_on = public_names(name, built)
    if passed_on: out.append(f"It passes on {', '.join(f'`{n}`' for n in passed_on)}.")
    for public in own: out += entry(public, getattr(module, public), links)
    return '\n\n'.join(part for part in out if part) + '\n'
