// A notebook in JupyterLab in a headless Chromium: what the tests of this folder share.
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const [url, notebook, out] = process.argv.slice(2);
export const MINUTE = 60_000;
const RUN = 10 * MINUTE;                                   // patience with the whole notebook
export const ANSWER = MINUTE;                              // and with one picture
export const WINDOW = { width: 1400, height: 1400 };       // so high that all of a panel is in the screenshot
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run',
];
let passed = 0;

export function ok(what) {
  passed += 1;
  console.log(`ok: ${what}`);
}

export function fail(what) {
  throw new Error(what);
}

export const sleep = ms => new Promise(done => setTimeout(done, ms));

// Polls until `test` gives something.
export async function until(what, test, patience = ANSWER, pause = 150) {
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
  return cells.filter(c => c.cell_type === 'code');
}

const promised = codeCells(join('nbs', notebook));
export const cells = promised.map(c => [c.source].flat().join(''));
export const folded = promised.map(c => Boolean(c.metadata.jupyter?.source_hidden));
const withCode = cells.filter(s => s.trim()).length;

// ---- the notebook in JupyterLab

export function status(page) {
  const indicator = '.jp-Notebook-ExecutionIndicator';
  return page.evaluate(name => document.querySelector(name)?.getAttribute('data-status'), indicator);
}

export async function open(page) {
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

export async function tracebacks(page) {
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

export async function runAll(page) {
  const began = Date.now();
  let idle = began;
  await sleep(2000);
  await acceptDialog(page);
  await menu(page, 'View', 'Expand All Code');             // a folded cell does not say whether it has run
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

// ---- the frame of a test

async function browse(test) {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM, headless: true, args: FLAGS, viewport: WINDOW,
  });
  const page = context.pages()[0] ?? await context.newPage();
  const thrown = [];
  page.on('pageerror', e => thrown.push(e.message));
  try {
    await test(page);
    await quiet(page, thrown);
  } catch (e) {
    await page.screenshot({ path: join(out, 'failed.png') }).catch(() => {});
    throw e;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function quiet(page, thrown) {
  const bad = await tracebacks(page);
  if (bad.length) fail(`an error is shown:\n${bad[0].slice(-1500)}`);
  ok('no error is shown in the notebook');
  if (thrown.length) fail(`the page threw: ${thrown[0]}`);
  ok('the page threw nothing');
}

function succeeded() {
  console.log(`${passed} passed, 0 failed`);
}

function failed(e) {
  console.error(`FAILED: ${e.message}\n${passed} passed, 1 failed`);
  process.exit(1);
}

// Runs `test(page)`, and says how it ended.
export function run(test) {
  return browse(test).then(succeeded, failed);
}
