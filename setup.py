"Reads everything from settings.ini, so that a version or a requirement is written once."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
parser = ConfigParser(delimiters=["="], interpolation=None)
parser.read(here / "settings.ini", encoding="utf-8")
cfg = parser["DEFAULT"]
url = f"https://github.com/{cfg['user']}/{cfg['repo']}"
# On PyPI the images of the README need whole addresses.
readme = (here / "README.md").read_text(encoding="utf-8").replace("](README_files/", f"]({url}/raw/main/README_files/")
extras = {name: cfg[f"{name}_requirements"].split() for name in ("dev", "site", "compare", "export", "cluster")}

setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=readme,
    long_description_content_type="text/markdown",
    license=cfg["license"],
    author=cfg["author"],
    author_email=cfg["author_email"],
    url=url,
    keywords=cfg["keywords"].split(),
    packages=find_packages(include=["patchad_nb*"]),
    package_data={cfg["lib_path"]: ["py.typed", "models/*/model.safetensors"]},
    python_requires=f">={cfg['min_python']}",
    install_requires=cfg["requirements"].split(),
    extras_require=extras,
    entry_points={
        "console_scripts": cfg["console_scripts"].split(),
        "nbdev": [f"{cfg['lib_name']}={cfg['lib_path']}._modidx:d"],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Education",
        "Intended Audience :: Science/Research",
        "Natural Language :: English",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
    zip_safe=False,
)
