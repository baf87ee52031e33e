// Opens a notebook in JupyterLab and runs nothing: the cells that its metadata fold are collapsed, the others are not,
// and a click opens one.
//     CHROMIUM=/usr/bin/chromium node folded.mjs http://127.0.0.1:8888 08_ocsvm.ipynb screenshots
import { join } from 'node:path';
import { cells, fail, folded, notebook, ok, open, out, run, sleep, until } from './lab.mjs';

const codeCells = page => page.locator('.jp-Notebook .jp-CodeCell');
const collapsed = page => codeCells(page).evaluateAll(
  all => all.map(c => Boolean(c.querySelector('.jp-InputPlaceholder')) && !c.querySelector('.jp-InputArea')));

async function shoot(page, nth, name) {
  await codeCells(page).nth(nth).evaluate(c => c.scrollIntoView({ block: 'center' }));
  await sleep(300);
  await page.screenshot({ path: join(out, `folded_${name}.png`) });
}

async function compare(page) {
  const shown = await collapsed(page);
  const wrong = shown.findIndex((is, k) => is !== folded[k]);
  if (shown.length !== folded.length) fail(`${shown.length} of ${folded.length} code cells are shown`);
  if (wrong >= 0) fail(`${shown[wrong] ? 'is' : 'is not'} collapsed: ${cells[wrong].slice(0, 200)}`);
  ok(`${folded.filter(Boolean).length} of ${folded.length} code cells are collapsed, as the metadata say`);
}

async function unfold(page, nth) {
  const cell = codeCells(page).nth(nth);
  await cell.locator('.jp-InputPlaceholder').click();
  await until('a collapsed cell does not open', async () => !(await collapsed(page))[nth]);
  const last = cells[nth].trim().split('\n').at(-1).trim();
  const code = await cell.locator('.cm-content').innerText();
  if (!code.includes(last)) fail(`the opened cell does not show '${last}'`);
  await shoot(page, nth, 'opened');
  ok('a collapsed cell opens on a click');
}

async function test(page) {
  if (!folded.includes(true)) fail(`${notebook} has no folded cell`);
  await page.setViewportSize({ width: 1280, height: 900 });
  await open(page);
  await compare(page);
  await shoot(page, folded.indexOf(true), 'test');
  await shoot(page, folded.lastIndexOf(true), 'exercise');
  await unfold(page, folded.lastIndexOf(true));
}

run(test);
