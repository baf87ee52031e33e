"""How long a chapter takes: its words, its code and its exercises, in minutes.

    python tools/clock.py                    prints the table of teaching/README.md, and the path of three hours
    python tools/clock.py --sections 02 11b  the sections of some chapters, to choose from
    python tools/headers.py                  writes the minutes into chapters, index and teaching/README.md

The rates are assumptions, and stand below. They say what a careful first reading takes. Left out are cells that
readers do not see, tests without an output, and the sections in REFERENCE.
"""
import argparse
import re
from collections import Counter

from notebooks import (EXERCISE, TEST, chapters, directives, hidden, in_appendix, output_hidden, read_json,
                       source_hidden, source_of)

WORDS = 200                                                # of prose in a minute
LINES = 20                                                 # of code in a minute
PRINTED = 40                                               # lines of output in a minute
FIGURE = .5                                                # minutes for a picture
QUESTION = 1.5                                             # minutes for a question of the quiz, its answer included
STARS = {'★': 10, '★★': 20, '★★★': 40}                     # minutes for an exercise
REFERENCE = 'How the figures are drawn', 'Further reading'
QUIZ = re.compile(r'(Three|Five) questions$')
HEADING = re.compile(r'^## (.+)$', re.M)
PATH = {                                                   # three hours: chapter -> its sections, or None for all
    'ten_minutes': None,
    '00_data': ['', 'What do we learn from?', 'What we learned'],
    '01b_textures': ['Can you trust your ruler?', 'What is a defect?', 'How hard is it?', 'What we learned'],
    '02_metrics': ['', 'From two histograms to the ROC curve', 'Why AUROC flatters: defects are rare',
                   'Big regions dominate: PRO', 'Why cut at FPR 0.3, and divide by 0.3', 'What we learned',
                   'What is still wrong'],
    '03_detector': ['How good is no learning at all?', 'Row 0: an unusual color', 'A row of the table',
                    'What we learned', 'What is still wrong'],
    '04_patches': ['Why look through a small window?', 'What we learned'],
    '05_autoencoder': ['', 'Can a network copy what it has never seen?', 'The encoder', 'What does it copy?',
                       'What we learned', 'What is still wrong'],
    '06_dense': ['Must we look through a million windows?', 'The detector', 'How much faster?', 'What we learned'],
    '07_vq': ['', 'Can a network speak in words?', 'The nearest code', 'The codebook collapses',
              'What do the codes stand for?', 'What we learned'],
    '08_ocsvm': ['Why go back to the image?', 'On latents', 'What we learned', 'What is still wrong'],
    '09_prior': ['Does the sentence make sense?', 'What is attention?', 'The prior writes'],
    '10_restoration': ['What would a healthy patch look like here?', 'How?', 'On a real carpet',
                       'When does it work, and when not?', 'The table so far', 'What we learned'],
    '11b_memory': ['Has anybody seen this patch before?', 'How good is remembering?', 'Does learning help?',
                   'What we learned', 'What is still wrong'],
    '11c_drawn': ['Practice on what we can paint', 'A row of the table', 'On real images', 'What drawing cannot do',
                  'What we learned', 'What is still wrong'],
    '12d_decision': ['A map is not a decision', 'One number per image', 'A p-value for an image', 'The promise',
                     'What breaks the promise', 'What we learned', 'What is still wrong'],
    'your_photos': ['Does it work on my desk?', 'The panel', 'What the verdict means', 'When it fails']}
MARKS = '<!-- clock: {} -->\n'


# ---------------------------------------------------------------- counting

def words(text):
    "Words of a Markdown text; code blocks, the targets of links and the rules of tables are not read aloud."
    text = re.sub(r'```.*?```|<!--.*?-->|<[^>]+>|\]\([^)]*\)', ' ', text, flags=re.S)
    return len(re.findall(r'[^\W_]+', text))


def printed(output):
    "Lines of text and pictures of one output."
    data = output.get('data', {})
    if any(kind.startswith('image/') for kind in data): return 0, 1
    text = output.get('text') or data.get('text/markdown') or data.get('text/plain') or ''
    return len(''.join(text).strip().splitlines()), 0


def is_test(cell, code):
    "Whether a cell tests and shows nothing."
    return not cell['outputs'] and bool(TEST.search(code))


def code_minutes(cell):
    "Minutes for a code cell and its outputs."
    flags, code = directives(source_of(cell))
    if hidden(flags) or EXERCISE.match(code) or is_test(cell, code): return 0
    lines = 0 if source_hidden(flags) else len([line for line in code.splitlines() if line.strip()])
    outputs = [] if output_hidden(flags) else [printed(output) for output in cell['outputs']]
    return lines / LINES + sum(n / PRINTED + pictures * FIGURE for n, pictures in outputs)


def exercise_minutes(text):
    "Minutes for the exercises whose titles stand in a text."
    return sum(STARS[stars] for stars in re.findall(r'(?m)^### Exercise .* (★+)$', text))


def questions(text):
    "How many questions a quiz has."
    return len(re.findall(r'(?m)^\*\*\d+\.\*\*', text))


def parts(text, title):
    "A Markdown text, cut at its headings: pairs of title and text. What comes first belongs to `title`."
    pieces = HEADING.split(text)
    return [(title, pieces[0]), *zip(pieces[1::2], pieces[2::2])]


def read(path):
    "title -> minutes of 'prose', 'code', 'quiz' and 'exercises', for each section; the head has the title ''."
    sections, title = {'': Counter()}, ''
    for cell in read_json(path)['cells']:
        if cell['cell_type'] == 'code':
            sections[title]['code'] += code_minutes(cell)
            continue
        if cell['cell_type'] != 'markdown': continue
        for title, text in parts(source_of(cell), title):
            found = sections.setdefault(title, Counter())
            found['exercises'] += exercise_minutes(text)
            if QUIZ.match(title): found['quiz'] += QUESTION * questions(text)
            elif title != 'Exercises': found['prose'] += words(text) / WORDS
    return {title: minutes for title, minutes in sections.items() if title not in REFERENCE}


def total(sections, kinds=('prose', 'code')):
    "Minutes of some sections."
    return sum(minutes[kind] for minutes in sections.values() for kind in kinds)


# ---------------------------------------------------------------- telling

def line(cells):
    "A line of a Markdown table."
    return '| ' + ' | '.join(str(cell) for cell in cells) + ' |'


def table(head, rows):
    "A Markdown table with numbers behind the first column."
    return '\n'.join([line(head), line(['---'] + ['---:'] * (len(head) - 1)), *map(line, rows)])


def course():
    "name -> sections, for each chapter in reading order."
    return {path.stem: read(path) for path in chapters() if not in_appendix(path)}


def chapter_table(found):
    "The table of all chapters."
    rows = []
    for name, sections in found.items():
        prose, code = total(sections, ['prose']), total(sections, ['code'])
        quiz, exercises = total(sections, ['quiz']), total(sections, ['exercises'])
        rows.append((f'[{name}](../nbs/{name}.ipynb)', prose, prose + code, quiz, exercises,
                     prose + code + quiz + exercises))
    rows.append(('**all**', *(sum(row[k] for row in rows) for k in range(1, 6))))
    head = 'chapter', 'prose', 'with code', 'questions', 'exercises', 'total'
    return table(head, [[name, *(f'{n:.0f}' for n in numbers)] for name, *numbers in rows])


def path_table(found):
    "The path of three hours. Ends the program when a section of it is not there."
    rows, so_far = [], 0
    for name, titles in PATH.items():
        sections = found[name]
        titles = list(sections) if titles is None else titles
        lost = [title for title in titles if title not in sections]
        if lost: raise SystemExit(f'FAILED: {name} has no section {lost}; change PATH in tools/clock.py')
        minutes = total({title: sections[title] for title in titles})
        so_far += minutes
        read_all = len(titles) == len(sections)
        shown = 'everything' if read_all else '; '.join(title or 'the head' for title in titles)
        rows.append([f'[{name}](../nbs/{name}.ipynb)', shown, f'{minutes:.0f}', f'{so_far:.0f}'])
    return '\n'.join([line(['chapter', 'sections', 'minutes', 'in all']), '|---|---|---:|---:|', *map(line, rows)])


def section_table(sections):
    "The sections of one chapter."
    return table(['section', 'prose', 'with code'],
                 [[title or 'the head', f'{m["prose"]:.1f}', f'{m["prose"] + m["code"]:.1f}']
                  for title, m in sections.items()])


def with_texts(page, texts, name):
    "A page with texts between their marks. `texts`: mark -> text; `name`: of the file, for the message."
    for mark, text in texts.items():
        begin, end = MARKS.format(mark), MARKS.format(f'end of {mark}')
        if page.count(begin) != 1 or page.count(end) != 1:
            raise SystemExit(f'FAILED: {name} needs the lines {begin}and {end}once')
        before, rest = page.split(begin)
        page = before + begin + '\n' + text + '\n\n' + end + rest.split(end)[1]
    return page


def main():
    "Print the tables."
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--sections', nargs='+', metavar='CHAPTER', help='show the sections of these chapters')
    args = p.parse_args()
    found = course()
    if not args.sections:
        print(chapter_table(found), path_table(found), sep='\n\n')
        return
    starts = tuple(f'{start}_' for start in args.sections)
    for name, sections in found.items():
        if name.startswith(starts): print(f'\n{name}\n\n{section_table(sections)}')


if __name__ == '__main__': main()
