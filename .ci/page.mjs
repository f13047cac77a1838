// What a person does with the page, done by a script in headless Chromium. Called by `.ci/page`.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file, shots] = process.argv.slice(2);
const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => process.env.PATH.split(':').map((folder) => join(folder, name)))
  .find(existsSync);
assert(executablePath, 'there is no Chromium');

// As root, which containers are, it has no sandbox.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  await light();
  await dark();
  await withoutScripts();
} finally {
  await browser.close();
}
console.log('page: it loads nothing, draws, filters and opens findings');

/** A page, and what went wrong in it or was asked of the network. */
async function open(options) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('request', (request) => request.url().startsWith('file:') || troubles.push(`it asks for ${request.url()}`));
  page.on('dialog', (dialog) => troubles.push(`a dialog: ${dialog.message()}`));
  await page.goto(pathToFileURL(file).href);
  return { page, troubles };
}

async function light() {
  const { page, troubles } = await open({ colorScheme: 'light' });
  const cards = page.locator('#list > details');
  const all = await cards.count();
  assert(all >= 4, `the findings are there: ${all}`);
  assert.equal(await page.title(), 'outlive', 'text of a file is no markup');
  assert.equal(await page.locator('#list img, #list b, #list script').count(), 0);
  assert.match(await page.locator('#sum').textContent(), new RegExp(`^${all} findings in \\d+ files`));
  await page.screenshot({ path: join(shots, 'light.png'), fullPage: true });

  // The first is open, with the path as a graph that starts at the root; the others wait.
  assert.deepEqual(await cards.evaluateAll((list) => list.map((it) => it.open)), [true, ...Array(all - 1).fill(false)]);
  const second = cards.nth(1);
  assert.equal(await second.locator('svg').count(), 0);
  await second.locator('summary').click();
  await second.locator('svg').waitFor();
  assert((await second.locator('svg rect').count()) >= 2, 'the path has steps');
  assert((await second.locator('pre .marked').count()) >= 1, 'lines are marked');
  await nothingLeavesItsBox(page);

  // By a word, by a rule, and back.
  const word = page.locator('#text');
  await word.fill('SESSIONS.set');
  await expectShown(page, (shown) => shown < all, /^\d+ of \d+ shown$/);
  await word.fill('no such thing');
  await expectShown(page, (shown) => shown === 0, /^0 of \d+ shown$/);
  await word.fill('');
  await expectShown(page, (shown) => shown === all, /^$/);
  const rules = await page.locator('#rule option').allTextContents();
  assert(rules.includes('all') && rules.includes('unbounded-collection') && rules.includes('leaked-listener'), String(rules));
  await page.locator('#rule').selectOption('leaked-listener');
  await expectShown(page, (shown) => shown >= 1 && shown < all, /shown$/);
  const named = await page.locator('#list details[open] a').allTextContents();
  assert.deepEqual([...new Set(named)], ['leaked-listener']);
  await page.screenshot({ path: join(shots, 'filtered.png'), fullPage: true });
  assert.deepEqual(troubles, []);
  await page.close();
}

async function dark() {
  const { page, troubles } = await open({ colorScheme: 'dark', viewport: { width: 420, height: 900 } });
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = background.match(/\d+/g).slice(0, 3).every((it) => Number(it) > 128);
  assert(!light, `the page is dark where that is wanted: ${background}`);
  const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
  assert(whole <= inner, `a narrow page does not scroll sideways: ${whole} > ${inner}`);
  await page.screenshot({ path: join(shots, 'dark-narrow.png'), fullPage: true });
  assert.deepEqual(troubles, []);
  await page.close();
}

async function withoutScripts() {
  const { page } = await open({ javaScriptEnabled: false });
  assert.match(await page.locator('#list').innerHTML(), /drawn by a script/);
  await page.close();
}

async function expectShown(page, fits, words) {
  const shown = await page.locator('#list > details').count();
  assert(fits(shown), `${shown} are shown`);
  assert.match(await page.locator('#shown').textContent(), words);
}

/** Every text of a graph ends inside of the box around it. */
async function nothingLeavesItsBox(page) {
  const outside = await page.locator('svg g').evaluateAll((groups) =>
    groups.flatMap((group) => {
      const box = group.querySelector('rect').getBoundingClientRect();
      const isOutside = (text) => text.getBoundingClientRect().right > box.right || text.getBoundingClientRect().bottom > box.bottom;
      return [...group.querySelectorAll('text')].filter(isOutside).map((text) => text.textContent);
    }),
  );
  assert.deepEqual(outside, []);
}
