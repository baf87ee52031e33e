// Runs a notebook in JupyterLab and moves every control of every `interact`: its picture must change, and come back
// when the control does.
//     CHROMIUM=/usr/bin/chromium node explore.mjs http://127.0.0.1:8888 14_explore.ipynb screenshots
import { join } from 'node:path';
import { ANSWER, cells, fail, notebook, ok, open, out, run, runAll, sleep, status, until } from './lab.mjs';

const promised = cells.map(s => /^interact\((\w+)/m.exec(s)?.[1]).filter(Boolean);

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

async function test(page) {
  if (!promised.length) fail(`${notebook} has no line that starts with interact(`);
  await open(page);
  await runAll(page);
  const explorers = await findExplorers(page);
  for (const [k, name] of promised.entries()) await explore(page, explorers.nth(k), name, k + 1);
  await page.setViewportSize({ width: 700, height: 900 }); // a narrow window: nothing may stick out
  await sleep(1000);
  for (const [k, name] of promised.entries()) await fits(explorers.nth(k), name, k + 1);
  ok('every picture fits into a narrow window');
}

run(test);
