"""Settings of Sphinx for the site. tools/make_site.py writes the pages that it reads, and calls it."""
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from notebooks import settings                              # noqa: E402

cfg = settings()
project, author, version = cfg['title'], cfg['author'], cfg['version']
copyright = cfg['copyright']
language = 'en'
root_doc = 'nbs/index'
extensions = ['myst_nb', 'sphinx_copybutton', 'course']
templates_path = ['templates']
smartquotes = False                                         # quotes stay as they are written
html_math_renderer = 'mathml'

nb_execution_mode = 'off'
nb_render_markdown_format = 'myst'
nb_merge_streams = True
nb_code_prompt_show = 'A test or a detail: show it'
nb_code_prompt_hide = 'Hide it'
myst_enable_extensions = ['dollarmath']
myst_dmath_allow_space = False                              # $ 5 is no formula
myst_heading_anchors = 4
suppress_warnings = ['myst.header']                         # a heading may be two levels below the one before

myst_heading_slug_func = 'course.anchor'

html_theme = 'sphinx_book_theme'
html_title = cfg['title']
html_static_path = ['static']
html_css_files = ['course.css']
html_js_files = ['course.js']
html_copy_source = html_show_sourcelink = html_use_index = False
html_context = {'versions': f"{cfg['doc_host']}{cfg['doc_baseurl']}/versions.html", 'file': f"{cfg['lib_name']}.pdf"}
html_sidebars = {'**': ['navbar-logo.html', 'search-button-field.html', 'sbt-sidebar-nav.html', 'book-links.html']}
html_theme_options = {
    'repository_url': cfg['git_url'],
    'navbar_persistent': [],
    'search_as_you_type': True,
    'use_repository_button': True,
    'use_edit_page_button': True,
    'use_download_button': False,
    'launch_buttons': {
        'binderhub_url': 'https://mybinder.org',
        'colab_url': 'https://colab.research.google.com',
        'notebook_interface': 'jupyterlab',
    },
    'home_page_in_toc': True,
    'show_toc_level': 2,
}
