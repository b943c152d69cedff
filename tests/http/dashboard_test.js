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

// A pipeline of commands; waits until all are answered.
function commands(socket, list) {
  return new Promise((resolve, reject) => {
    let answers = 0;
    socket.removeAllListeners('data').removeAllListeners('error');
    socket.on('data', bytes => {
      answers += bytes.toString('latin1').split('--done--').length - 1;
      if (answers > 0) resolve();
    });
    socket.on('error', reject);
    socket.write([...list, ['ECHO', '--done--']]
        .map(args => `*${args.length}\r\n${args.map(arg => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`)
        .join(''));
  });
}

let seed = 1;
const random = below => (seed = (seed * 48271) % 2147483647) % below;

// A shop's cache, in small: reads, fills, changes, and now and then an invalidation.
function work() {
  const list = [];
  for (let i = 0; i < 250; ++i) {
    const kind = random(100), page = `page:${random(2500)}`, user = `user:${random(300)}`;
    if (kind < 80) list.push(['GET', page]);
    else if (kind < 94) {
      list.push(['DEPSET', page, `<h1>${i}</h1>`.padEnd(300, 'x'), 'EX', random(3) ? '600' : '2', 'DEPS', '2', user,
                 `template:${random(7)}`, 'TAGS', '1', ['home', 'news', 'shop'][random(3)]]);
    } else if (kind < 98) list.push(['SET', user, `{"rev":${seed}}`]);
    else list.push(['DEL', page]);
  }
  if (random(40) === 0) list.push(['INVALIDATE', 'TAG', 'news']);
  if (random(40) === 0) list.push(['INVALIDATE', 'PATTERN', 'page:1*', 'CASCADE']);
  return list;
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

async function main() {
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
  const started = Date.now();
  await page.goto(base, {waitUntil: 'domcontentloaded'});
  await page.waitForSelector('.tile');
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  console.log(`first paint after ${Math.round(paint)} ms, loaded after ${Date.now() - started} ms`);

  const seconds = pictures ? 45 : 3;
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    await commands(socket, work());
    await new Promise(resolve => setTimeout(resolve, 30));
  }
  await page.waitForFunction(() => document.getElementById('state').textContent === 'healthy', null, {timeout: 30000});
  const text = id => page.textContent(`#${id}`);
  const moving = setInterval(() => commands(socket, work()).catch(() => {}), 60);
  await page.waitForFunction(() => !['–', '0', ''].includes(document.getElementById('t-ops').textContent), null, {timeout: 30000});
  const first = await text('t-keys') + await text('t-ops');
  await page.waitForFunction(was => document.getElementById('t-keys').textContent +
                                    document.getElementById('t-ops').textContent !== was, first, {timeout: 30000});
  assert(await page.locator('#c-ops path[d^="M"]').count() > 0, 'no chart is drawn');

  await page.fill('#pattern', 'author:*');
  await page.click('#find button');
  await page.click('#keys button');
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

  if (pictures) {
    await commands(socket, family);
    const phone = await browser.newPage({viewport: {width: 390, height: 844}, deviceScaleFactor: 2, colorScheme: 'light'});
    await phone.goto(`${base}/#author%3A1`);
    await phone.waitForTimeout(25000);
    await picture(phone, 'dashboard-phone');
  }
  clearInterval(moving);
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
