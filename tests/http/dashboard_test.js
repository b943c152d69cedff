// The dashboard in Chromium: figures move under load, a key is found, a cascade is previewed and performed,
// and its nodes vanish. Runs beside a server that dashboard_test.py has started; with FRESHET_PICTURES set
// it leaves screenshots there.
'use strict';

let open = null;  // the page, to be seen if something fails

const assert = require('assert');
const net = require('net');
const {chromium} = require('playwright-core');

const base = `http://127.0.0.1:${process.env.FRESHET_HTTP_PORT}`;
const pictures = process.env.FRESHET_PICTURES;

// A pipeline of commands; resolves to the lines of its answers.
function commands(socket, list) {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.removeAllListeners('data').removeAllListeners('error');
    socket.on('data', bytes => {
      text += bytes.toString('latin1');
      if (text.endsWith('--done--\r\n')) resolve(text.split('\r\n'));
    });
    socket.on('error', reject);
    socket.write([...list, ['ECHO', '--done--']]
        .map(args => `*${args.length}\r\n${args.map(arg => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`)
        .join(''));
  });
}

let seed = 1;
const random = below => (seed = (seed * 48271) % 2147483647) % below;
const popular = below => Math.floor(below * (random(1000) / 1000) ** 3);  // small numbers more often

function fill(page) {
  const number = Number(page.split(':')[1]);
  return ['DEPSET', page, `<h1>${number}</h1>`.padEnd(420, 'x'), 'EX', number % 4 ? '600' : '9', 'DEPS', '2',
          `user:${number % 300}`, `template:${number % 7}`, 'TAGS', '1', ['home', 'news', 'shop', 'help'][number % 4]];
}

// A shop's cache, in small: what is read and not there is filled; now and then something changes or is invalidated.
async function work(socket) {
  const kinds = [['page', 6000], ['item', 3000], ['cart', 900]];
  const keys = Array.from({length: 250}, () => {
    const [kind, most] = kinds[popular(3)];
    return `${kind}:${popular(most)}`;
  });
  const shop = keys.length;
  keys.push(...family.filter(args => args[0] !== 'CLIENT').map(args => args[1]));  // used, so not evicted
  const lines = await commands(socket, keys.map(key => ['GET', key]));
  const missing = [];
  for (let line = 0, i = 0; i < shop; line += lines[line] === '$-1' ? 1 : 2, ++i)
    if (lines[line] === '$-1') missing.push(keys[i]);
  const list = missing.map(fill);
  if (random(4) === 0) list.push(['SET', `user:${random(300)}`, `{"rev":${seed}}`]);
  if (random(8) === 0) list.push(['DEL', `cart:${popular(900)}`]);
  if (random(150) === 0) list.push(['INVALIDATE', 'TAG', 'news']);
  if (random(150) === 0) list.push(['INVALIDATE', 'PATTERN', 'page:1*', 'CASCADE']);
  await commands(socket, list);
}

const family = [
  ['CLIENT', 'SETNAME', 'shop'], ['SET', 'author:1', '{"name":"Ada"}'],
  ...Array.from({length: 7}, (_, i) => ['DEPSET', `book:${i}`, 'v', 'DEPS', '1', 'author:1', 'TAGS', '1', 'books']),
  ['DEPSET', 'shelf:new', 'v', 'DEPS', '3', 'book:0', 'book:1', 'book:2'],
  ['DEPSET', 'shelf:old', 'v', 'DEPS', '2', 'book:3', 'book:4'],
  ['DEPSET', 'site:home', '<html>', 'EX', '900', 'DEPS', '2', 'shelf:new', 'shelf:old', 'TAGS', '2', 'home', 'shop']];
const kFamily = 11;

async function picture(page, name) {
  if (pictures) await page.screenshot({path: `${pictures}/${name}.png`, fullPage: true});
}

// Nothing but the page itself may stand before its first paint: how long that takes is printed, beside a page of one
// line from the same server, for most of it is the browser's own.
async function firstPaint(page) {
  const paint = () => performance.getEntriesByName('first-contentful-paint')[0].startTime;
  const painted = () => performance.getEntriesByName('first-contentful-paint').length > 0;
  await page.goto(`${base}/healthz`);
  await page.waitForFunction(painted);
  const bare = await page.evaluate(paint);
  await page.goto(base);
  await page.waitForFunction(painted);
  const own = await page.evaluate(paint);
  console.log(`first paint after ${Math.round(own)} ms, of one line after ${Math.round(bare)} ms`);
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(one => one.name.endsWith('/explorer.js')));
  const early = await page.evaluate(before => performance.getEntriesByType('resource')
      .filter(one => one.startTime < before && !one.name.endsWith('/start.js')).map(one => one.name), own);
  assert.deepStrictEqual(early, [], 'asked for before the first paint');
}

// Nobody sees the page, so nothing is painted: it is live all the same, and as soon as nobody sees it any more.
async function unseen(browser) {
  for (const fromTheStart of [true, false]) {
    const page = await browser.newPage();
    await page.addInitScript(hidden => {
      window.unseen = hidden;
      window.PerformanceObserver = class { observe() {} };
      Object.defineProperty(document, 'hidden', {get: () => window.unseen});
    }, fromTheStart);
    await page.goto(base);
    const live = () => typeof d3 === 'object';
    if (!fromTheStart) {
      assert(!await page.evaluate(live));
      await page.evaluate(() => {
        window.unseen = true;
        document.dispatchEvent(new Event('visibilitychange'));
      });
    }
    await page.waitForFunction(live);
    await page.close();
  }
}

// A job is shown as it runs or has run, with its bar.
async function warm(page) {
  const answer = await page.request.post(`${base}/api/cache/warm`, {data: {source: 'main', pattern: 'old:*', ttl: 600}});
  assert.strictEqual(answer.status(), 202);
  await page.waitForFunction(() => /from main: done/.test(document.getElementById('jobs').textContent), null, {timeout: 30000});
  await page.waitForSelector('#jobs progress[value]');
  assert.match(await page.textContent('#jobs'), /stored 3 /);
}

// A server without some commands: what they would say is missing, with the reason, and the rest lives.
async function lacking(browser, wrong) {
  const page = await browser.newPage();
  page.on('pageerror', error => wrong.push(error.message));
  await page.goto(`http://127.0.0.1:${process.env.FRESHET_LACKING_PORT}`);
  await page.waitForFunction(() => document.getElementById('state').textContent === 'healthy', null, {timeout: 30000});
  await page.waitForFunction(() => /^\d/.test(document.getElementById('t-ops').textContent), null, {timeout: 30000});
  const why = () => Object.fromEntries([...document.querySelectorAll('[data-part]')].map(
      box => [box.dataset.part, getComputedStyle(box, '::after').content]));
  const said = await page.evaluate(why);
  assert.match(said.slow, /Not shown: ERR unknown command 'slowlog get'/);
  for (const part of ['stats', 'log', 'top', 'mrc']) assert.match(said[part], /'cachestats'/);
  for (const part of ['speed', 'minute', 'jobs']) assert.strictEqual(said[part], 'none', part);
  assert(!await page.isVisible('#t-memory') && await page.isVisible('#t-ops'));
  await page.close();
}

async function main() {
  const source = net.connect(Number(process.env.FRESHET_SOURCE_PORT), '127.0.0.1');
  await commands(source, [['SET', 'old:1', 'v'], ['SET', 'old:2', 'v'], ['SET', 'old:3', 'v']]);
  source.destroy();
  const socket = net.connect(Number(process.env.FRESHET_PORT), '127.0.0.1');
  await commands(socket, family);
  const browser = await chromium.launch({executablePath: process.env.FRESHET_CHROMIUM, args: ['--no-sandbox']});
  const page = await browser.newPage({viewport: {width: 1400, height: 900}, colorScheme: 'light'});
  open = page;
  const wrong = [];
  page.on('pageerror', error => wrong.push(error.message));
  // Looking for a key that is gone is answered 404, which Chromium logs as an error.
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().includes('404')) wrong.push(message.text());
  });
  await firstPaint(page);
  await unseen(browser);
  await warm(page);  // while there is room
  await lacking(browser, wrong);

  const seconds = pictures ? 110 : 3;
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    await work(socket);
    await new Promise(resolve => setTimeout(resolve, 30));
  }
  await page.waitForFunction(() => document.getElementById('state').textContent === 'healthy', null, {timeout: 30000});
  const text = id => page.textContent(`#${id}`);
  let moving = true;
  const movement = (async () => {
    while (moving) {
      await work(socket);
      await new Promise(resolve => setTimeout(resolve, 60));
    }
  })();
  await page.waitForFunction(() => !['–', '0', ''].includes(document.getElementById('t-ops').textContent), null, {timeout: 30000});
  const first = await text('t-keys') + await text('t-ops');
  await page.waitForFunction(was => document.getElementById('t-keys').textContent +
                                    document.getElementById('t-ops').textContent !== was, first, {timeout: 30000});
  assert(await page.locator('#c-ops path[d^="M"]').count() > 0, 'no chart is drawn');
  await page.waitForFunction(() => document.querySelectorAll('#c-mrc path[d^="M"][stroke]').length > 0, null, {timeout: 30000});
  await page.waitForFunction(() => /page:[\d.]+ %/.test(document.getElementById('prefixes').textContent), null, {timeout: 30000});
  assert((await text('tags')).includes('news'));

  await page.fill('#pattern', '[abs]*:*');
  await page.click('#find button');
  await page.click('#keys button:text-is("author:1")');
  await page.waitForSelector('#value pre');
  assert((await text('value')).includes('Ada'));
  await page.waitForFunction(want => document.querySelectorAll('#graph .node').length === want, kFamily);
  assert(await page.isDisabled('#kill'), 'it may be killed without a preview');
  await page.click('#preview');
  await page.waitForFunction(want => document.querySelectorAll('#graph .node.doomed').length === want, kFamily);
  assert.strictEqual(await text('outcome'), `${kFamily} would die`);
  await picture(page, 'dashboard-light');
  await page.emulateMedia({colorScheme: 'dark'});
  await page.waitForTimeout(pictures ? 1500 : 0);
  await picture(page, 'dashboard-dark');

  await page.click('#kill');
  await page.waitForSelector('dialog[open]');
  await page.click('#no');
  assert.strictEqual(await page.locator('#graph .gone').count(), 0);
  await page.click('#kill');
  await page.click('#yes');
  await page.waitForFunction(want => document.querySelectorAll('#graph .node.gone').length === want, kFamily);
  assert.strictEqual(await text('outcome'), `${kFamily} killed`);
  await page.waitForFunction(() => document.getElementById('value').textContent.includes('invalidated: key author:1'));
  await page.waitForFunction(() => document.getElementById('log').textContent.includes('http:127.0.0.1'), null, {timeout: 30000});

  moving = false;
  await movement;
  if (pictures) {
    await commands(socket, family);
    const phone = await browser.newPage({viewport: {width: 390, height: 844}, deviceScaleFactor: 1.5, colorScheme: 'light'});
    await phone.goto(`${base}/#author%3A1`);
    for (const end = Date.now() + 60000; Date.now() < end;) {
      await work(socket);
      await new Promise(resolve => setTimeout(resolve, 40));
    }
    await picture(phone, 'dashboard-phone');
  }
  await browser.close();
  socket.destroy();
  assert.deepStrictEqual(wrong, []);
  console.log('seen');
}

main().catch(async error => {
  if (pictures && open) await picture(open, 'failed');
  console.error(error);
  process.exit(1);
});
