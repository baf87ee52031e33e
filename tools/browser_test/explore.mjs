// Runs a notebook in JupyterLab and moves every control of every `interact`: its picture must change, and come back when the control does.
//     CHROMIUM=/usr/bin/chromium node explore.mjs http://127.0.0.1:8888 14_explore.ipynb screenshots
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, notebook, out] = process.argv.slice(2);
const minutes = 60_000, RUN = 8 * minutes, ANSWER = 60_000;          // patience with the whole notebook, and with one picture
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
let passed = 0;
const ok = what => { passed += 1; console.log(`ok: ${what}`); };
const fail = what => { throw new Error(what); };
const sleep = ms => new Promise(done => setTimeout(done, ms));

async function until(what, test, patience = ANSWER, pause = 150) {   // polls until `test` gives something
  for (const end = Date.now() + patience; Date.now() < end; await sleep(pause)) { const found = await test(); if (found) return found; }
  fail(what);
}

// ---- what the notebook promises
const cells = JSON.parse(readFileSync(join('nbs', notebook), 'utf8')).cells.filter(c => c.cell_type === 'code').map(c => [c.source].flat().join(''));
const promised = cells.map(s => /^interact\((\w+)/m.exec(s)?.[1]).filter(Boolean);
const withCode = cells.filter(s => s.trim()).length;

const status = page => page.evaluate(() => document.querySelector('.jp-Notebook-ExecutionIndicator')?.getAttribute('data-status'));

async function open(page) {
  await page.goto(`${url}/lab/tree/${notebook}?reset`, { timeout: 2 * minutes });
  await page.locator('.jp-Notebook .jp-CodeCell').first().waitFor({ timeout: 2 * minutes });
  await until('the kernel did not start', async () => {               // the page calls itself idle before there is a kernel: ask the server, too
    const sessions = await (await fetch(`${url}/api/sessions`)).json();
    return sessions.some(s => s.kernel?.execution_state === 'idle') && await status(page) === 'idle';
  }, 2 * minutes, 1000);
}

async function acceptDialog(page) {                                  // JupyterLab may ask which kernel to start: the one that it offers
  const button = page.locator('.jp-Dialog .jp-mod-accept').first();
  if (await button.count()) { await button.click(); await sleep(500); }
}

async function menu(page, bar, item) {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${bar}$`) }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${item}$`) }).click();
}

const errors = page => page.locator('.jp-Notebook [data-mime-type="application/vnd.jupyter.stderr"], .jp-Notebook .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').allInnerTexts();
const tracebacks = async page => (await errors(page)).filter(text => /Traceback|Error\b/.test(text));

const state = page => page.locator('.jp-Notebook .jp-CodeCell').evaluateAll(all => all.map(c => ({         // of each code cell
  prompt: c.querySelector('.jp-InputPrompt')?.innerText ?? '', source: c.querySelector('.cm-content')?.innerText.slice(0, 80) ?? '', output: c.querySelector('.jp-OutputArea')?.innerText ?? '' })));

async function runAll(page) {
  const began = Date.now(); let idle = began;
  await sleep(2000); await acceptDialog(page); await menu(page, 'Run', 'Run All Cells');
  await until(`the notebook did not end within ${RUN / minutes} minutes`, async () => {
    await acceptDialog(page);
    const bad = await tracebacks(page); if (bad.length) fail(`a cell ended in an error:\n${bad[0].slice(-1500)}`);
    const all = await state(page), open = all.filter(c => !/\[\d+\]/.test(c.prompt));
    if (all.length - open.length >= withCode) return true;
    if (await status(page) !== 'idle') idle = Date.now();
    if (Date.now() - idle > 20_000) fail(`the kernel is idle, but ${open.length} of ${all.length} cells have not run. The first: ${JSON.stringify(open[0])}. The last one that ran: ${JSON.stringify(all.filter(c => /\[\d+\]/.test(c.prompt)).at(-1))}`);
  }, RUN, 500);
  ok(`all ${withCode} cells ran, ${Math.round((Date.now() - began) / 1000)} s`);
}

// ---- one explorer
const words = explorer => explorer.locator('.jp-OutputArea-output').allInnerTexts().then(t => t.join('\n').trim());   // an explorer shows a picture: words are an error
const picture = explorer => explorer.evaluate(e => { const i = e.querySelector('.widget-output img, .jupyter-widgets-output-area img'); return i && i.complete && i.naturalWidth ? i.src : null; });
async function settled(page, explorer, name, what) {                 // the picture, once it has not changed for a while
  let last = await until(`${name}: no picture (${what})`, async () => {
    const said = await words(explorer); if (said) fail(`${name}: shows an error (${what}):\n${said.slice(-800)}`);
    return picture(explorer);
  }), since = Date.now();
  for (const end = Date.now() + ANSWER; Date.now() < end; await sleep(100)) {
    const now = await picture(explorer), busy = await status(page) === 'busy';
    if (now !== last || busy) { last = now ?? last; since = Date.now(); } else if (Date.now() - since > 700) return last;
  }
  fail(`${name}: the picture does not come to rest (${what})`);
}

async function changes(page, explorer, name, control, before, move) {
  await move();
  await until(`${name}: the picture did not change when '${control}' was moved`, async () => {
    const said = await words(explorer); if (said) fail(`${name}: '${control}' shows an error:\n${said.slice(-800)}`);
    const now = await picture(explorer); return now && now !== before;
  });
  return settled(page, explorer, name, control);
}

async function moveControl(page, explorer, box, name, before) {      // moves it, and back
  const label = (await box.locator('.widget-label').first().innerText()).trim();
  const handle = box.locator('.noUi-handle'), list = box.locator('select');
  let there, back;
  if (await handle.count()) {
    const full = await handle.first().evaluate(h => Number(h.getAttribute('aria-valuenow')) >= Number(h.getAttribute('aria-valuemax')));
    const press = key => async () => { await handle.first().focus(); await page.keyboard.press(key); };
    [there, back] = ['ArrowRight', 'ArrowLeft'].map(press); if (full) [there, back] = [back, there];
  } else if (await list.count()) {
    const { now, other } = await list.first().evaluate(s => ({ now: s.selectedIndex, other: (s.selectedIndex + 1) % s.options.length }));
    there = () => list.first().selectOption({ index: other }); back = () => list.first().selectOption({ index: now });
  } else fail(`${name}: the test does not know how to move '${label}'; teach it in tools/browser_test/explore.mjs`);
  const moved = await changes(page, explorer, name, label, before, there);
  const again = await changes(page, explorer, name, label, moved, back);
  if (again !== before) fail(`${name}: the picture is another one after '${label}' was moved and moved back`);
  return label;
}

async function explore(page, explorer, name, k) {
  await explorer.scrollIntoViewIfNeeded();
  const before = await settled(page, explorer, name, 'at first'), boxes = explorer.locator('.widget-inline-hbox'), n = await boxes.count(), labels = [];
  if (!n) fail(`${name}: has no controls`);
  for (let i = 0; i < n; i += 1) labels.push(await moveControl(page, explorer, boxes.nth(i), name, before));
  await explorer.screenshot({ path: join(out, `${k}_${name}.png`) });
  ok(`${name}: ${labels.join(', ')}`);
}

async function main() {
  if (!promised.length) fail(`${notebook} has no line that starts with interact(`);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM, headless: true, args: FLAGS, viewport: { width: 1400, height: 1000 } });
  const page = context.pages()[0] ?? await context.newPage(), thrown = [];
  page.on('pageerror', e => thrown.push(e.message));
  try {
    await open(page); await runAll(page);
    const explorers = page.locator('.jp-Notebook .widget-interact');
    await until(`${promised.length} explorers are promised, ${await explorers.count()} are shown`, async () => await explorers.count() === promised.length);
    for (const [k, name] of promised.entries()) await explore(page, explorers.nth(k), name, k + 1);
    await page.setViewportSize({ width: 700, height: 900 }); await sleep(1000);   // a narrow window: nothing may stick out
    for (const [k, name] of promised.entries()) {
      const e = explorers.nth(k); await e.scrollIntoViewIfNeeded(); await sleep(300);
      const { inner, room } = await e.evaluate(x => ({ inner: x.querySelector('img').getBoundingClientRect().right, room: x.closest('.jp-Notebook').getBoundingClientRect().right }));
      if (inner > room + 1) fail(`${name}: its picture sticks out of a narrow window by ${Math.round(inner - room)} pixels`);
      await e.screenshot({ path: join(out, `${k + 1}_${name}_narrow.png`) });
    }
    ok('every picture fits into a narrow window');
    const bad = await tracebacks(page); if (bad.length) fail(`an error is shown:\n${bad[0].slice(-1500)}`);
    ok('no error is shown in the notebook');
    if (thrown.length) fail(`the page threw: ${thrown[0]}`);
    ok('the page threw nothing');
  } catch (e) { await page.screenshot({ path: join(out, 'failed.png') }).catch(() => {}); throw e;
  } finally { await context.close(); rmSync(profile, { recursive: true, force: true }); }
}

main().then(() => console.log(`${passed} passed, 0 failed`), e => { console.error(`FAILED: ${e.message}\n${passed} passed, 1 failed`); process.exit(1); });
