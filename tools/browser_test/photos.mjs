// Runs "Your own photos" in JupyterLab and uses its panel as a person does: upload, learn, judge, move, save; at the
// width of a phone, too. Next to the folder of the notebook is `photos`, with good, new, large and a text file.
//     CHROMIUM=/usr/bin/chromium node photos.mjs http://127.0.0.1:8888 your_photos.ipynb screenshots
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE, WINDOW, fail, ok, open, out, run, runAll, sleep, until } from './lab.mjs';

const LEARN = 8 * MINUTE;                                  // patience with learning
const METHOD = process.env.METHOD ?? 'memory';             // or 'drawn'
const files = folder => readdirSync(join('photos', folder)).sort().map(name => join('photos', folder, name));

// ---- the panel

const panelOf = page => page.locator('.jp-Notebook .widget-vbox', { hasText: '1. Good photos' }).first();
const words = async panel => (await panel.innerText()).replaceAll(/\s+/g, ' ');
const button = (panel, name, nth = 0) => panel.locator('button', { hasText: new RegExp(`^\\s*${name}`) }).nth(nth);

async function says(panel, text, patience = MINUTE) {
  let last = '';
  try {
    await until(text, async () => (last = await words(panel)).includes(text), patience);
  } catch {
    fail(`the panel does not say '${text}', but: ${last.slice(0, 1500)}`);
  }
}

async function upload(page, panel, nth, paths) {
  const chooser = page.waitForEvent('filechooser');
  await button(panel, 'upload', nth).click();
  await (await chooser).setFiles(paths);
}

async function shoot(panel, name) {
  await panel.scrollIntoViewIfNeeded();
  await sleep(300);
  await panel.screenshot({ path: join(out, `photos_${name}.png`) });
}

const sources = panel => panel.locator('figure img').evaluateAll(all => all.map(i => i.src).join());
const alarms = async panel => Number(/(\d+) of \d+ photos: defective/.exec(await words(panel))?.[1]);

// ---- its four steps

async function goodPhotos(page, panel) {
  if (await button(panel, 'learn').isEnabled()) fail('learn can be pressed without photos');
  await upload(page, panel, 0, [join('photos', 'no_photo.jpg'), ...files('good').slice(0, 9)]);
  await says(panel, 'no_photo.jpg: not a readable image');
  await button(panel, 'learn').click();
  await says(panel, '9 good photos that can be used; at least 10 are needed');
  await upload(page, panel, 0, files('good').slice(9));
  await says(panel, '20 good photos');
  await says(panel, 'upload (0)');                         // the widget is empty again
  ok('good photos are uploaded, in two parts; what is no photo is told');
}

async function learn(page, panel) {
  await panel.locator('select').selectOption({ index: METHOD === 'memory' ? 1 : 0 });
  await button(panel, 'learn').click();
  await until('no progress bar', () => panel.locator('.widget-hprogress, .progress').count(), MINUTE);
  await shoot(panel, 'learning');
  await says(panel, 'Learned from 13 photos', LEARN);
  await says(panel, '7 photos were held out, so at most one good photo in 8 raises an alarm');
  await until('the progress bars stay', async () => !await panel.locator('.widget-hprogress').count());
  ok('learns, with bars, and says what it can promise');
}

async function judge(page, panel) {
  await upload(page, panel, 1, files('new'));
  const n = files('new').length;
  await says(panel, `of ${n} photos: defective`, LEARN);
  const shown = await panel.locator('figure').count();
  if (shown !== n) fail(`${shown} of ${n} photos are shown`);
  await shoot(panel, 'verdicts');
  ok(`judges ${n} photos: ${await alarms(panel)} are defective`);
}

async function move(page, panel) {
  const [first, few] = [await sources(panel), await alarms(panel)];
  await panel.locator('.widget-inline-hbox .noUi-handle, .widget-hslider .noUi-handle').first().focus();
  const began = Date.now();
  for (let k = 0; k < 3; k += 1) await page.keyboard.press('ArrowRight');
  await says(panel, '4 in 8');
  await until('the slider changes nothing', async () => await sources(panel) !== first);
  const seconds = (Date.now() - began) / 1000;
  if (await alarms(panel) < few) fail('a higher alarm rate gives fewer alarms');
  await shoot(panel, 'more_alarms');
  for (let k = 0; k < 3; k += 1) await page.keyboard.press('ArrowLeft');
  await until('the slider does not come back', async () => await sources(panel) === first);
  await panel.locator('input[type=checkbox]').click();
  await until('no heat maps', async () => await sources(panel) !== first);
  await shoot(panel, 'heat');
  await panel.locator('input[type=checkbox]').click();
  await until('the photos do not come back', async () => await sources(panel) === first);
  ok(`the slider and the heat maps, there and back; three steps take ${seconds} s`);
}

async function save(panel) {
  await panel.locator('input[type=text]').last().fill('my_model');
  await button(panel, 'save').click();
  await says(panel, 'Saved with an alarm rate of 1 in 8. Use it: patchad_score my_model');
  if (!existsSync('nbs/my_model/inspector.json')) fail('nothing was saved');
  await button(panel, 'save').click();
  await says(panel, 'my_model: exists already');
  ok('saves the model');
}

// Photos of a phone, below the limit of Jupyter together: they arrive, and have another size than those that were learned.
async function large(page, panel) {
  await upload(page, panel, 1, files('large'));
  await says(panel, 'the shorter side has 3000 pixels, that of the others 360', LEARN);
  await shoot(panel, 'large');
  ok('photos of twelve megapixels arrive');
}

async function folders(panel) {
  await button(panel, 'start again').click();
  await says(panel, 'cleared');
  const field = panel.locator('input[type=text]').first();
  await button(panel, 'take folder').click();
  await says(panel, 'type the name of a folder with photos first');
  await field.fill('../photos/nowhere');
  await button(panel, 'take folder').click();
  await says(panel, '../photos/nowhere: no such folder');
  await field.fill('../photos/good');
  await button(panel, 'take folder').click();
  await says(panel, '20 good photos');
  ok('takes a folder, and says when there is none');
}

// ---- on a phone

async function fits(panel) {
  const over = await panel.evaluate(p => {
    const room = p.closest('.jp-Notebook').getBoundingClientRect().right;
    const all = [...p.querySelectorAll('img, button, input, select, .widget-html-content > *')];
    const rights = all.map(e => [Math.round(e.getBoundingClientRect().right - room), e.outerHTML.slice(0, 120)]);
    return rights.filter(([right]) => right > 1);
  });
  if (over.length) fail(`sticks out of a phone by ${over[0][0]} pixels: ${over[0][1]}`);
}

async function onPhone(page, panel) {
  await page.keyboard.press('Control+b');                  // no file browser beside it
  await page.setViewportSize({ width: 390, height: 844 });
  await sleep(1500);
  await fits(panel);
  await panel.scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(out, 'photos_phone_page.png') });
  await panel.locator('figure').first().scrollIntoViewIfNeeded();
  await sleep(300);
  await page.screenshot({ path: join(out, 'photos_phone_verdicts.png') });
  await page.setViewportSize(WINDOW);
  ok('everything fits on a phone');
}

async function test(page) {
  await open(page);
  await runAll(page);
  const panel = panelOf(page);
  await panel.waitFor();
  await shoot(panel, 'begin');
  await goodPhotos(page, panel);
  await learn(page, panel);
  await judge(page, panel);
  await move(page, panel);
  await save(panel);
  await large(page, panel);
  await onPhone(page, panel);
  await folders(panel);
}

run(test);
