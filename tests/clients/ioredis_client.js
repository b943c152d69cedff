// ioredis against the server at FRESHET_PORT: what an application would do, several hundred calls.
// Prints one line per check and ends with code 1 at the first that fails.
'use strict';
const assert = require('node:assert/strict');
const Redis = require('ioredis');

const extras = (process.env.FRESHET_EXTRAS ?? '1') === '1';
const everyByte = Buffer.from(Array.from({length: 256}, (_, byte) => byte));

async function strings(r) {
  for (let i = 0; i < 200; i++) {
    assert.equal(await r.set(`s:${i}`, `v${i}`), 'OK');
    assert.equal(await r.get(`s:${i}`), `v${i}`);
  }
  assert.equal(await r.get('missing'), null);
  assert.equal(await r.set('s:0', 'x', 'NX'), null);
  assert.equal(await r.incrby('n', 5), 5);
  assert.deepEqual(await r.mget('s:1', 'missing', 's:2'), ['v1', null, 'v2']);
  assert.equal(await r.del('s:0', 's:1', 'missing'), 2);
}

async function binary(r) {
  await r.set(everyByte, everyByte);
  assert.deepEqual(await r.getBuffer(everyByte), everyByte);
}

async function pipelines(r) {
  const pipe = r.pipeline();
  for (let i = 0; i < 500; i++) pipe.set(`p:${i}`, i).get(`p:${i}`);
  const replies = await pipe.exec();
  assert.equal(replies.length, 1000);
  replies.forEach(([error, value], i) => {
    assert.equal(error, null);
    assert.equal(value, i % 2 === 0 ? 'OK' : String((i - 1) / 2));
  });
  const together = await Promise.all(Array.from({length: 500}, (_, i) => r.get(`p:${i}`)));
  assert.deepEqual(together, Array.from({length: 500}, (_, i) => String(i)));
}

async function expiry(r) {
  await r.set('e', 'v', 'PX', 60);
  const left = await r.pttl('e');
  assert.ok(left > 0 && left <= 60, String(left));
  await r.set('e2', 'v', 'EX', 100);
  assert.equal(await r.ttl('e2'), 100);
  const deadline = Date.now() + 10000;
  while (await r.exists('e')) assert.ok(Date.now() < deadline);
}

async function iteration(r) {
  const names = new Set();
  const pipe = r.pipeline();
  for (let i = 0; i < 1000; i++) {
    names.add(`it:${i}`);
    pipe.set(`it:${i}`, 1);
  }
  await pipe.exec();
  const seen = new Set();
  for await (const batch of r.scanStream({match: 'it:*', count: 100})) {
    batch.forEach((key) => seen.add(key));
  }
  assert.deepEqual(seen, names);
}

async function errors(r) {
  await r.set('text', 'abc');
  await assert.rejects(r.incr('text'), /not an integer/);
  await assert.rejects(r.call('HELLO', 4), /^ReplyError: NOPROTO/);
  await assert.rejects(r.call('NOSUCH'), /unknown command/);
  assert.equal(await r.ping(), 'PONG');
}

async function extendedCommands(r) {
  for (let i = 0; i < 100; i++) {
    const reply = await r.call('DEPSET', `page:${i}`, 'html', 'DEPS', 1, `row:${i % 10}`, 'TAGS',
                               1, 'home');
    assert.equal(reply, 'OK');
  }
  assert.equal(await r.call('INVALIDATE', 'DEPS', 'row:3'), 10);
  assert.equal(await r.exists('page:3', 'page:13', 'page:4'), 1);
  assert.equal(await r.call('INVALIDATE', 'TAG', 'home', 'DRYRUN'), 90);
  assert.equal(await r.call('INVALIDATE', 'TAG', 'home'), 90);
  await assert.rejects(r.call('DEPSET', 'a', 'v', 'DEPS', 1, 'a'), /CYCLE/);
}

async function main() {
  const overTcp = new Redis({host: '127.0.0.1', port: Number(process.env.FRESHET_PORT)});
  const overUnix = new Redis({path: process.env.FRESHET_SOCKET});
  const checks = [strings, binary, pipelines, expiry, iteration, errors];
  if (extras) checks.push(extendedCommands);
  for (const [name, client] of [['tcp', overTcp], ['unix', overUnix]]) {
    for (const check of checks) {
      await client.flushall();
      await check(client);
      console.log(`ok ${name} ${check.name}`);
    }
    await client.quit();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
