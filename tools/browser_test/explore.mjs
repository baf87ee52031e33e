// Runs a notebook in JupyterLab and moves every control of every `interact`: its picture must change, and come back
// when the control does.
//     CHROMIUM=/usr/bin/chromium node explore.mjs http://127.0.0.1:8888 14_explore.ipynb screenshots
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, notebook, out] = process.argv.slice(2);
const MINUTE = 60_000;
const RUN = 8 * MINUTE;                                    // patience with the whole notebook
const ANSWER = MINUTE;                                     // and with one picture
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run',
];
let passed = 0;

function ok(what) {
  passed += 1;
  console.log(`ok: ${what}`);
}

function fail(what) {
  throw new Error(what);
}

const sleep = ms => new Promise(done => setTimeout(done, ms));

// Polls until `test` gives something.
async function until(what, test, patience = ANSWER, pause = 150) {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const found = await test();
    if (found) return found;
    await sleep(pause);
  }
  fail(what);
}

// ---- what the notebook promises

function codeCells(path) {
  const { cells } = JSON.parse(readFileSync(path, 'utf8'));
  return cells.filter(c => c.cell_type === 'code').map(c => [c.source].flat().join(''));
}

const cells = codeCells(join('nbs', notebook));
const promised = cells.map(s => /^interact\((\w+)/m.exec(s)?.[1]).filter(Boolean);
const withCode = cells.filter(s => s.trim()).length;

// ---- the notebook in JupyterLab

function status(page) {
  const indicator = '.jp-Notebook-ExecutionIndicator';
  return page.evaluate(name => document.querySelector(name)?.getAttribute('data-status'), indicator);
}

async function open(page) {
  await page.goto(`${url}/lab/tree/${notebook}?reset`, { timeout: 2 * MINUTE });
  await page.locator('.jp-Notebook .jp-CodeCell').first().waitFor({ timeout: 2 * MINUTE });
  await until('the kernel did not start', async () => {    // the page calls itself idle before there is a kernel
    const sessions = await (await fetch(`${url}/api/sessions`)).json();
    return sessions.some(s => s.kernel?.execution_state === 'idle') && await status(page) === 'idle';
  }, 2 * MINUTE, 1000);
}

// JupyterLab may ask which kernel to start: the one that it offers.
async function acceptDialog(page) {
  const button = page.locator('.jp-Dialog .jp-mod-accept').first();
  if (await button.count()) {
    await button.click();
    await sleep(500);
  }
}

async function menu(page, bar, item) {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${bar}$`) }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${item}$`) }).click();
}

async function tracebacks(page) {
  const stderr = '.jp-Notebook [data-mime-type="application/vnd.jupyter.stderr"]';
  const error = '.jp-Notebook .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]';
  const texts = await page.locator(`${stderr}, ${error}`).allInnerTexts();
  return texts.filter(text => /Traceback|Error\b/.test(text));
}

// Prompt, source and output of each code cell.
function state(page) {
  return page.locator('.jp-Notebook .jp-CodeCell').evaluateAll(all => all.map(c => ({
    prompt: c.querySelector('.jp-InputPrompt')?.innerText ?? '',
    source: c.querySelector('.cm-content')?.innerText.slice(0, 80) ?? '',
    output: c.querySelector('.jp-OutputArea')?.innerText ?? '',
  })));
}

const hasRun = cell => /\[\d+\]/.test(cell.prompt);

function stuck(all) {
  const waiting = all.filter(c => !hasRun(c));
  const last = all.filter(hasRun).at(-1);
  return `the kernel is idle, but ${waiting.length} of ${all.length} cells have not run. `
    + `The first: ${JSON.stringify(waiting[0])}. The last one that ran: ${JSON.stringify(last)}`;
}

async function runAll(page) {
  const began = Date.now();
  let idle = began;
  await sleep(2000);
  await acceptDialog(page);
  await menu(page, 'Run', 'Run All Cells');
  await until(`the notebook did not end within ${RUN / MINUTE} minutes`, async () => {
    await acceptDialog(page);
    const bad = await tracebacks(page);
    if (bad.length) fail(`a cell ended in an error:\n${bad[0].slice(-1500)}`);
    const all = await state(page);
    if (all.filter(hasRun).length >= withCode) return true;
    if (await status(page) !== 'idle') idle = Date.now();
    if (Date.now() - idle > 20_000) fail(stuck(all));
  }, RUN, 500);
  ok(`all ${withCode} cells ran, ${Math.round((Date.now() - began) / 1000)} s`);
}

// ---- one explorer

// An explorer shows a picture: words are an error.
async function words(explorer) {
  const texts = await explorer.locator('.jp-OutputArea-output').allInnerTexts();
  return texts.join('\n').trim();
}

async function failOnWords(explorer, start) {
  const said = await words(explorer);
  if (said) fail(`${start}:\n${said.slice(-800)}`);
}

function picture(explorer) {
  return explorer.evaluate(e => {
    const i = e.querySelector('.widget-output img, .jupyter-widgets-output-area img');
    return i && i.complete && i.naturalWidth ? i.src : null;
  });
}

// The picture, once it has not changed for a while.
async function settled(page, explorer, name, what) {
  let last = await until(`${name}: no picture (${what})`, async () => {
    await failOnWords(explorer, `${name}: shows an error (${what})`);
    return picture(explorer);
  });
  let since = Date.now();
  const end = Date.now() + ANSWER;
  while (Date.now() < end) {
    const now = await picture(explorer);
    const busy = await status(page) === 'busy';
    if (now !== last || busy) {
      last = now ?? last;
      since = Date.now();
    } else if (Date.now() - since > 700) return last;
    await sleep(100);
  }
  fail(`${name}: the picture does not come to rest (${what})`);
}

async function changes(page, explorer, name, control, before, move) {
  await move();
  await until(`${name}: the picture did not change when '${control}' was moved`, async () => {
    await failOnWords(explorer, `${name}: '${control}' shows an error`);
    const now = await picture(explorer);
    return now && now !== before;
  });
  return settled(page, explorer, name, control);
}

// Two moves of a slider, there and back. One that stands at its end goes the other way first.
async function sliderMoves(page, handle) {
  const full = await handle.evaluate(
    h => Number(h.getAttribute('aria-valuenow')) >= Number(h.getAttribute('aria-valuemax')));
  const press = key => async () => {
    await handle.focus();
    await page.keyboard.press(key);
  };
  const keys = full ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
  return keys.map(press);
}

// Two choices in a list, another one and the first one again.
async function listMoves(list) {
  const { now, other } = await list.evaluate(
    s => ({ now: s.selectedIndex, other: (s.selectedIndex + 1) % s.options.length }));
  return [other, now].map(index => () => list.selectOption({ index }));
}

async function movesOf(page, box, name, label) {
  const handle = box.locator('.noUi-handle');
  const list = box.locator('select');
  if (await handle.count()) return sliderMoves(page, handle.first());
  if (await list.count()) return listMoves(list.first());
  fail(`${name}: the test does not know how to move '${label}'; teach it in tools/browser_test/explore.mjs`);
}

// Moves a control, and back.
async function moveControl(page, explorer, box, name, before) {
  const label = (await box.locator('.widget-label').first().innerText()).trim();
  const [there, back] = await movesOf(page, box, name, label);
  const moved = await changes(page, explorer, name, label, before, there);
  const again = await changes(page, explorer, name, label, moved, back);
  if (again !== before) fail(`${name}: the picture is another one after '${label}' was moved and moved back`);
  return label;
}

async function explore(page, explorer, name, k) {
  await explorer.scrollIntoViewIfNeeded();
  const before = await settled(page, explorer, name, 'at first');
  const boxes = explorer.locator('.widget-inline-hbox');
  const n = await boxes.count();
  if (!n) fail(`${name}: has no controls`);
  const labels = [];
  for (let i = 0; i < n; i += 1) labels.push(await moveControl(page, explorer, boxes.nth(i), name, before));
  await explorer.screenshot({ path: join(out, `${k}_${name}.png`) });
  ok(`${name}: ${labels.join(', ')}`);
}

// ---- all of them

async function findExplorers(page) {
  const explorers = page.locator('.jp-Notebook .widget-interact');
  const all = async () => await explorers.count() === promised.length;
  await until(`${promised.length} explorers are promised, ${await explorers.count()} are shown`, all);
  return explorers;
}

async function fits(explorer, name, k) {
  await explorer.scrollIntoViewIfNeeded();
  await sleep(300);
  const { inner, room } = await explorer.evaluate(x => ({
    inner: x.querySelector('img').getBoundingClientRect().right,
    room: x.closest('.jp-Notebook').getBoundingClientRect().right,
  }));
  const over = Math.round(inner - room);
  if (inner > room + 1) fail(`${name}: its picture sticks out of a narrow window by ${over} pixels`);
  await explorer.screenshot({ path: join(out, `${k}_${name}_narrow.png`) });
}

async function test(page, thrown) {
  await open(page);
  await runAll(page);
  const explorers = await findExplorers(page);
  for (const [k, name] of promised.entries()) await explore(page, explorers.nth(k), name, k + 1);
  await page.setViewportSize({ width: 700, height: 900 }); // a narrow window: nothing may stick out
  await sleep(1000);
  for (const [k, name] of promised.entries()) await fits(explorers.nth(k), name, k + 1);
  ok('every picture fits into a narrow window');
  const bad = await tracebacks(page);
  if (bad.length) fail(`an error is shown:\n${bad[0].slice(-1500)}`);
  ok('no error is shown in the notebook');
  if (thrown.length) fail(`the page threw: ${thrown[0]}`);
  ok('the page threw nothing');
}

async function main() {
  if (!promised.length) fail(`${notebook} has no line that starts with interact(`);
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM, headless: true, args: FLAGS, viewport: { width: 1400, height: 1000 },
  });
  const page = context.pages()[0] ?? await context.newPage();
  const thrown = [];
  page.on('pageerror', e => thrown.push(e.message));
  try {
    await test(page, thrown);
  } catch (e) {
    await page.screenshot({ path: join(out, 'failed.png') }).catch(() => {});
    throw e;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

function succeeded() {
  console.log(`${passed} passed, 0 failed`);
}

function failed(e) {
  console.error(`FAILED: ${e.message}\n${passed} passed, 1 failed`);
  process.exit(1);
}

main().then(succeeded, failed);
