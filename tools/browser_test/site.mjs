// Reads the site as a person does, on a phone and on a screen: searches, switches to dark mode, enlarges a figure,
// copies code, unfolds a cell, follows a link to the glossary. No page scrolls sideways or asks another host.
//     CHROMIUM=/usr/bin/chromium node site.mjs http://127.0.0.1:8000 screenshots
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, out] = process.argv.slice(2);
const PHRASES = ['receptive field', 'false alarm', 'support vector'];
const CHAPTER = 'nbs/05_autoencoder';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
let passed = 0;

function ok(what) {
  passed += 1;
  console.log(`ok: ${what}`);
}

function check(right, what) {
  if (!right) throw new Error(what);
}

const shoot = (page, name) => page.screenshot({ path: join(out, `site_${page.viewportSize().width}_${name}.png`) });
const go = (page, name) => page.goto(`${url}/${name}.html`);
const isPhone = page => page.viewportSize().width < 500;

// ---- what a reader does

async function search(page, phrase) {
  await go(page, 'nbs/index');
  await page.locator('.search-button__button:visible').first().click();
  await page.locator('dialog input[type=search]').fill(phrase);
  await page.keyboard.press('Enter');
  const hits = page.locator('#search-results ul.search > li, .search ul > li');
  await hits.first().waitFor();
  await page.waitForTimeout(1000);                         // the rest of the hits, and their texts
  await shoot(page, `search_${phrase.split(' ')[0]}`);
  const found = await hits.locator('a:first-child').evaluateAll(all => all.map(a => a.href));
  check(await oneHas(page, phrase, found.slice(0, 5)), `none of the first pages of ${found.length} has '${phrase}'`);
  ok(`'${phrase}': ${found.length} hits`);
}

async function oneHas(page, phrase, addresses) {
  for (const address of addresses) {
    await page.goto(address);
    if ((await page.locator('article').innerText()).toLowerCase().includes(phrase)) return true;
  }
  return false;
}

const background = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

async function darkMode(page) {
  await go(page, CHAPTER);
  const light = await background(page);
  await page.locator('.theme-switch-button:visible').first().click();
  await page.locator('.theme-change-button[data-mode=dark]:visible').click();
  const channels = (await background(page)).match(/\d+/g).slice(0, 3).map(Number);
  check(Math.max(...channels) < 80, `the page is not dark: ${channels}`);
  await page.waitForTimeout(300);
  await shoot(page, 'dark');
  await page.reload();
  check(await background(page) !== light, 'the page is light again after a reload');
  ok('dark mode, which stays');
}

async function enlarge(page) {
  await go(page, CHAPTER);
  const image = page.locator('article img').nth(1);
  const dialog = page.locator('dialog.enlarged');
  await image.scrollIntoViewIfNeeded();
  const { width } = await image.boundingBox();
  await (isPhone(page) ? image.tap() : image.click());
  await dialog.waitFor();
  const wide = (await dialog.locator('img').boundingBox()).width;
  check(wide > 1.3 * width, `a figure of ${width} pixels is enlarged to ${wide} only`);
  await shoot(page, 'enlarged');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await (isPhone(page) ? image.tap() : image.click());
  await dialog.click();
  await dialog.waitFor({ state: 'hidden' });
  ok(`a figure of ${Math.round(width)} pixels enlarges to ${Math.round(wide)}, and closes`);
}

async function sidebar(page) {
  await go(page, 'api/vq');
  if (isPhone(page)) await page.locator('.primary-toggle:visible').click();
  const current = page.locator('.bd-sidebar-primary li.current > a:visible, dialog li.current > a:visible').last();
  await current.waitFor();
  await page.waitForTimeout(500);
  const { y } = await current.boundingBox();
  check(y > 0 && y < page.viewportSize().height, `the current page stands at ${y} in the sidebar`);
  await shoot(page, 'sidebar');
  ok('the sidebar is scrolled to the current page');
}

async function copy(page) {
  await go(page, CHAPTER);
  const cell = page.locator('.cell_input').first();
  await cell.scrollIntoViewIfNeeded();
  await cell.hover();
  await cell.locator('button.copybtn').click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const code = await cell.locator('pre').innerText();
  check(copied.trim() && copied.trim() === code.trim(), `copied: ${copied.slice(0, 80)}`);
  ok('the copy button copies the code');
}

async function links(page) {
  await go(page, CHAPTER);
  const hrefs = await page.locator('.article-header-buttons a').evaluateAll(all => all.map(a => a.href));
  for (const host of ['colab.research.google.com', 'mybinder.org', '/edit/']) {
    check(hrefs.some(h => h.includes(host) && h.includes(`${CHAPTER}.ipynb`)), `no link to ${host}: ${hrefs}`);
  }
  ok('links to Colab, Binder, and for edits');
}

async function glossary(page) {
  await go(page, CHAPTER);
  const term = page.locator('article p a.term').first();
  const word = await term.innerText();
  await term.click();
  await page.waitForURL(/glossary\.html#term-/);
  const entry = await page.locator(':target').innerText();
  check(entry.toLowerCase().startsWith(word.toLowerCase().slice(0, 4)), `${word} leads to: ${entry.slice(0, 60)}`);
  ok(`the word ${word} leads to its entry in the glossary`);
}

async function unfold(page) {
  await go(page, CHAPTER);
  const cell = page.locator('article details.hide').first();
  const code = cell.locator('pre').first();
  check(!await code.isVisible(), 'a cell of tests is not folded');
  await cell.locator('summary').click();
  await code.waitFor();
  await shoot(page, 'unfolded');
  ok('a folded cell opens');
}

async function everyPage(page) {
  await go(page, 'nbs/index');
  const all = await page.locator('.bd-sidebar-primary nav a.internal').evaluateAll(a => a.map(x => x.href));
  const { width } = page.viewportSize();
  const faults = [];
  check(all.length > 60, `the sidebar has ${all.length} pages only`);
  for (const href of new Set(all)) {
    await page.goto(href, { waitUntil: 'load' });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) faults.push(`${href} is ${wide} pixels wide`);
  }
  check(!faults.length, faults.join('\n'));
  for (const name of ['nbs/index', CHAPTER, 'nbs/12d_decision', 'nbs/reproduce/table1', 'api/metrics']) {
    await go(page, name);
    await shoot(page, name.replaceAll('/', '_'));
  }
  ok(`${all.length} pages do not scroll sideways`);
}

// ---- the frame

async function readSite(browser, width, height) {
  console.log(`--- ${width} pixels`);
  const phone = width < 500;
  const context = await browser.newContext({
    viewport: { width, height }, isMobile: phone, hasTouch: phone, colorScheme: 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const [asked, thrown] = [[], []];
  page.on('request', r => { if (!r.url().startsWith(url) && !r.url().startsWith('data:')) asked.push(r.url()); });
  page.on('pageerror', e => thrown.push(e.message));
  for (const phrase of PHRASES) await search(page, phrase);
  for (const test of [darkMode, enlarge, sidebar, copy, links, glossary, unfold, everyPage]) await test(page);
  check(!asked.length, `asks another host: ${asked[0]}`);
  check(!thrown.length, `a page threw: ${thrown[0]}`);
  ok('no page asks another host or throws');
  await context.close();
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
try {
  await readSite(browser, 390, 844);
  await readSite(browser, 1280, 900);
  console.log(`${passed} passed, 0 failed`);
} catch (e) {
  const page = browser.contexts()[0]?.pages()[0];
  await page?.screenshot({ path: join(out, 'site_failed.png') });
  console.error(`FAILED: ${e.message}\n${passed} passed, 1 failed`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
