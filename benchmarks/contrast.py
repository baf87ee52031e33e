"""How much the defects of a category differ from their surroundings, as a CSV file.

    python benchmarks/contrast.py --data DIR --category grid --out results/grid_quick/contrast.csv
"""
import argparse

from about import csv_text
from patchad_nb.core import write_text
from patchad_nb.data import Category
from patchad_nb.figures import category_contrasts


def main():
    "The command line."
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', required=True, help='folder with categories')
    p.add_argument('--category', nargs='+', required=True, help='one or more names')
    p.add_argument('--out', required=True)
    a = p.parse_args()
    rows = [row for name in a.category for row in category_contrasts(Category(a.data, name))]
    text = csv_text(rows)
    write_text(a.out, text)
    print(text, end='')


if __name__ == '__main__': main()
