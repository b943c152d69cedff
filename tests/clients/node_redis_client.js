// node-redis against the server at FRESHET_PORT, once in RESP2 and once in RESP3: what an
// application would do, several hundred calls. Ends with code 1 at the first check that fails.
'use strict';
const assert = require('node:assert/strict');
const {createClient, RESP_TYPES} = require('redis');

const extras = (process.env.FRESHET_EXTRAS ?? '1') === '1';
const everyByte = Buffer.from(Array.from({length: 256}, (_, byte) => byte));

async function strings(r) {
  for (let i = 0; i < 200; i++) {
    assert.equal(await r.set(`s:${i}`, `v${i}`), 'OK');
    assert.equal(await r.get(`s:${i}`), `v${i}`);
  }
  assert.equal(await r.get('missing'), null);
  assert.equal(await r.set('s:0', 'x', {condition: 'NX'}), null);
  assert.equal(await r.incrBy('n', 5), 5);
  assert.deepEqual(await r.mGet(['s:1', 'missing', 's:2']), ['v1', null, 'v2']);
  assert.equal(await r.del(['s:0', 's:1', 'missing']), 2);
}

async function binary(r) {
  const buffers = r.withTypeMapping({[RESP_TYPES.BLOB_STRING]: Buffer});
  await buffers.set(everyByte, everyByte);
  assert.deepEqual(await buffers.get(everyByte), everyByte);
}

// What RESP2 and RESP3 write differently.
async function shapes(r) {
  assert.deepEqual({...await r.configGet('timeout')}, {timeout: '0'});
  assert.match(await r.info('server'), /^redis_version:/m);
  assert.equal((await r.commandInfo(['get']))[0].name, 'get');
}

async function pipelines(r) {
  await Promise.all(Array.from({length: 500}, (_, i) => r.set(`p:${i}`, String(i))));
  const together = await Promise.all(Array.from({length: 500}, (_, i) => r.get(`p:${i}`)));
  assert.deepEqual(together, Array.from({length: 500}, (_, i) => String(i)));
}

async function expiry(r) {
  await r.set('e', 'v', {expiration: {type: 'PX', value: 60}});
  const left = await r.pTTL('e');
  assert.ok(left > 0 && left <= 60, String(left));
  await r.set('e2', 'v', {expiration: {type: 'EX', value: 100}});
  assert.equal(await r.ttl('e2'), 100);
  const deadline = Date.now() + 10000;
  while (await r.exists('e')) assert.ok(Date.now() < deadline);
}

async function iteration(r) {
  const names = new Set(Array.from({length: 1000}, (_, i) => `it:${i}`));
  await Promise.all([...names].map((name) => r.set(name, '1')));
  const seen = new Set();
  for await (const batch of r.scanIterator({MATCH: 'it:*', COUNT: 100})) {
    batch.forEach((key) => seen.add(key));
  }
  assert.deepEqual(seen, names);
}

async function errors(r) {
  await r.set('text', 'abc');
  await assert.rejects(r.incr('text'), /not an integer/);
  await assert.rejects(r.sendCommand(['NOSUCH']), /unknown command/);
  assert.equal(await r.ping(), 'PONG');
}

async function extendedCommands(r) {
  for (let i = 0; i < 100; i++) {
    const reply = await r.sendCommand(['DEPSET', `page:${i}`, 'html', 'DEPS', '1', `row:${i % 10}`,
                                       'TAGS', '1', 'home']);
    assert.equal(reply, 'OK');
  }
  assert.equal(await r.sendCommand(['INVALIDATE', 'DEPS', 'row:3']), 10);
  assert.equal(await r.exists(['page:3', 'page:13', 'page:4']), 1);
  assert.equal(await r.sendCommand(['INVALIDATE', 'TAG', 'home', 'DRYRUN']), 90);
  assert.equal(await r.sendCommand(['INVALIDATE', 'TAG', 'home']), 90);
  await assert.rejects(r.sendCommand(['DEPSET', 'a', 'v', 'DEPS', '1', 'a']), /CYCLE/);
}

async function main() {
  const checks = [strings, binary, shapes, pipelines, expiry, iteration, errors];
  if (extras) checks.push(extendedCommands);
  const port = Number(process.env.FRESHET_PORT);
  for (const RESP of [2, 3]) {
    const client = createClient({RESP, name: `resp-${RESP}`, socket: {host: '127.0.0.1', port}});
    client.on('error', (error) => console.error(error));
    await client.connect();
    for (const check of checks) {
      await client.flushAll();
      await check(client);
      console.log(`ok RESP${RESP} ${check.name}`);
    }
    await client.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
