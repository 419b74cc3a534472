"""How the reference is built of docstrings: ``make reference``."""

import mien

project = "mien"
version = release = mien.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "alabaster"
html_theme_options = {"description": "Python reference", "page_width": "1100px"}
html_show_copyright = html_show_sourcelink = False
templates_path = []
exclude_patterns = []
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say what is given
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False
nitpicky = False
python_use_unqualified_type_names = True
