// What goes on: one event a second, drawn as it comes.
'use strict';

const causes = ['NeverSet', 'Expired', 'Evicted', 'Deleted', 'Invalidated'];
const charts = [
  chart('ops', {series: [m => m.ops]}),
  chart('hit', {series: [m => m.hitRate], unit: n => `${Math.round(100 * n)} %`, most: 1}),
  chart('miss', {series: causes.map(cause => m => m[cause]), stacked: true,
                 names: ['never set', 'expired', 'evicted', 'deleted', 'invalidated']}),
  chart('lat', {series: [m => m.p50, m => m.p95, m => m.p99, m => m.p999], names: ['p50', 'p95', 'p99', 'p99.9'],
                log: true}),
  chart('mem', {series: [m => m.memory, m => m.limit], names: ['used', 'maxmemory'], unit: bytes}),
  chart('lost', {series: [m => m.killed, m => m.evicted, m => m.expired], stacked: true,
                 names: ['invalidated', 'evicted', 'expired']}),
];
const drawCurve = missCurve();
let before = null;  // the last event

function killed(stats) {
  return stats.invalidateKeyKeys + stats.invalidatePatternKeys + stats.invalidateTagKeys +
         stats.invalidateDepsKeys + stats.invalidateUnionKeys + stats.changeKeys;
}

// What happened since the last event; counters that were reset count from 0, and what is refused is not drawn.
function moment(event) {
  const {stats} = event, speed = event.speed || {};
  const past = before && before.stats, seconds = before ? (event.time - before.time) / 1000 : 1;
  const rate = value => past && stats ? Math.max(0, value(stats) - value(past)) / seconds : 0;
  const hits = rate(s => s.hits), misses = rate(s => s.misses);
  const now = {ops: speed.operationsPerSecond, p50: speed.p50Latency * 1000, p95: speed.p95Latency * 1000,
               p99: speed.p99Latency * 1000, p999: speed.p999Latency * 1000, memory: stats && stats.memoryBytes,
               limit: event.maxMemory, hits, misses, killed: rate(killed), evicted: rate(s => s.evictions),
               expired: rate(s => s.expirations)};
  const last = history_[history_.length - 1];
  now.hitRate = hits + misses > 0 ? hits / (hits + misses) : last ? last.hitRate : 0;
  for (const cause of causes) now[cause] = rate(s => s[`misses${cause}`]);
  return now;
}

function show(event) {
  history_.push(moment(event));
  before = event;
  if (history_.length > kMost) history_.shift();
  if (document.hidden) return;
  showRefusals(event.refused);
  showTiles(event, history_[history_.length - 1]);
  drawCharts();
  if (event.top) showTop(event.top);
  if (event.log) showLog([...event.log, ...event.changes.slice(0, 5)]);
  if (event.slow) showSlow(event.slow);
  if (event.jobs) showJobs(event.jobs);
}

// What has no figures says why in their place.
function showRefusals(refused) {
  for (const box of document.querySelectorAll('[data-part]')) {
    const why = refused[box.dataset.part];
    box.classList.toggle('refused', why !== undefined);
    if (why) box.dataset.why = `Not shown: ${why}`;
  }
}

function showLog(log) {
  log.sort((a, b) => b.timeMs - a.timeMs || b.number - a.number);
  rows('log', log, entry => [
    [clock(entry.timeMs)], [entry.kind], [entry.what, 'what'], [count(entry.keys), 'num'], [entry.depth, 'num'],
    [three(entry.micros / 1000), 'num'], [entry.name || (entry.client ? `#${entry.client}` : 'the server')],
    [entry.user]]);
}

function showSlow(slow) {
  rows('slow', slow, entry => [
    [clock(entry.time * 1000)], [three(entry.micros / 1000), 'num'], [entry.args.join(' '), 'what']]);
}

function showTiles(event, now) {
  const minute = history_.slice(-60), hits = d3.sum(minute, m => m.hits), all = hits + d3.sum(minute, m => m.misses);
  if (event.speed) $('t-ops').textContent = count(now.ops);
  if (event.minute) $('t-p99').textContent = micros(event.minute.p99Latency);
  if (event.stats) {
    $('t-hit').textContent = all > 0 ? percent(hits / all) : '–';
    $('t-memory').textContent = bytes(now.memory);
    $('t-limit').textContent = now.limit ? `of ${bytes(now.limit)}` : '';
    $('t-keys').textContent = count(event.stats.totalKeys);
    $('t-killed').textContent = count(now.killed);
  }
  say(event.reasons.join('; ') || 'healthy', event.reasons.length ? 'bad' : 'ok');
}

function say(text, kind) {
  $('state').textContent = text;
  $('state').className = `pill ${kind}`;
}

function drawCharts() {
  charts.forEach(draw => draw());
  if (before && before.mrc) drawCurve({mrc: before.mrc, limit: before.maxMemory || before.stats.memoryBytes});
}

function rows(id, entries, cells) {
  const body = document.querySelector(`#${id} tbody`);
  body.replaceChildren(...entries.map(entry => {
    const row = element('tr');
    row.append(...cells(entry).map(([text, kind, part]) => {
      const cell = element('td', text, kind);
      if (part !== undefined) cell.style.setProperty('--part', `${100 * part}%`);
      return cell;
    }));
    return row;
  }));
  document.querySelector(`#${id} thead`).hidden = !entries.length;
  const hint = $(`${id}-hint`);
  if (hint) hint.hidden = entries.length > 0;
}

function showTop(top) {
  for (const kind of ['prefixes', 'tags']) {
    rows(kind, top[kind], one => [
      [one.name, 'what'], [one.hitRate === null ? '–' : percent(one.hitRate), 'num bar', one.hitRate || 0],
      [count(one.hits), 'num'], [count(one.misses), 'num'], [count(one.evictions), 'num']]);
  }
}

// Boxes stay while their jobs do: a button must not be exchanged under a finger.
function showJobs(jobs) {
  $('jobs-hint').hidden = jobs.length > 0;
  const boxes = d3.select('#jobs').selectAll('div.job').data(jobs.slice(0, 6), job => job.job);
  const fresh = boxes.enter().append('div').attr('class', 'job');
  const head = fresh.append('div').attr('class', 'row');
  head.append('span');
  head.append('button').attr('class', 'danger').text('Cancel').on('click', job => cancelJob(job));
  fresh.append('progress');
  fresh.append('div').attr('class', 'facts');
  boxes.exit().remove();
  boxes.order();
  boxes.select('span').text(job => `#${job.job} from ${job.source}: ${job.state}${job.reason ? ` (${job.reason})` : ''}`);
  boxes.select('button').style('display', job => job.state === 'running' ? null : 'none');
  boxes.select('.facts').text(job => `read ${count(job.read)} · stored ${count(job.stored)} · skipped ${count(job.skipped)} · ` +
                                     `fenced ${count(job.fenced)} · failed ${count(job.failed)}`);
  // How much a source holds nobody knows: a bar of what runs only says that it does.
  boxes.select('progress').each(function(job) {
    if (job.state === 'running') return;
    this.max = Math.max(1, job.read);
    this.value = job.state === 'done' ? this.max : job.stored;
  });
}

async function cancelJob(job) {
  if (!await confirmed(`Cancel job ${job.job}? What it has stored stays.`, 'Cancel the job', 'Let it run')) return;
  try {
    await ask(`/api/cache/warm/${job.job}`, {method: 'DELETE'});
  } catch (error) {
    if (error.status !== 404) say(error.message, 'bad');  // it has ended meanwhile
  }
}

// Resolves to whether the answer is yes.
function confirmed(question, yes, no = 'Cancel') {
  $('question').textContent = question;
  $('yes').textContent = yes;
  $('no').textContent = no;
  $('ask').showModal();
  return new Promise(resolve => {
    $('yes').onclick = () => { resolve(true); $('ask').close(); };
    $('no').onclick = () => $('ask').close();
    $('ask').onclose = () => resolve(false);
  });
}

const events = new EventSource('/api/events');
events.onmessage = message => show(JSON.parse(message.data));
events.onerror = () => say(events.readyState === EventSource.CLOSED ? 'refused: reload the page' : 'not connected', 'bad');
