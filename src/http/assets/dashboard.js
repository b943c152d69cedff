// The dashboard: figures as they come once a second by server-sent events; keys and the graph are asked for
// when somebody looks. Everything shown is put in as text, never as markup.
'use strict';

const $ = id => document.getElementById(id);
const kMost = 120;  // seconds shown
const history_ = [];
const causes = ['NeverSet', 'Expired', 'Evicted', 'Deleted', 'Invalidated'];
const colour = i => `var(--c${i % 5 + 1})`;

// --- Words ---------------------------------------------------------------------------------------

const three = n => n >= 1000 ? String(Math.round(n)) : String(Number(n.toPrecision(3)));
function scaled(n, step, units) {
  let unit = 0;
  for (; n >= step && unit + 1 < units.length; ++unit) n /= step;
  return three(n) + units[unit];
}
const count = n => scaled(n, 1000, ['', 'k', 'M', 'G', 'T']);
const bytes = n => scaled(n, 1024, [' B', ' KB', ' MB', ' GB', ' TB']);
const percent = n => `${(100 * n).toFixed(1)} %`;
const clock = ms => new Date(ms).toLocaleTimeString();
const micros = ms => ms < 1 ? `${three(ms * 1000)} µs` : `${three(ms)} ms`;

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

async function ask(path, options) {
  const glue = path.includes('?') ? '&' : '?';
  const answer = await fetch(`${path}${glue}db=${Number($('db').value) || 0}`, options);
  const json = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(json.error), {status: answer.status});
  return json;
}
const post = (path, body) =>
  ask(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});

// --- Charts --------------------------------------------------------------------------------------

// series: functions of a moment; stacked: as areas on top of each other.
function chart(id, {series, names = [], stacked = false, unit = count, most}) {
  const svg = d3.select(`#c-${id}`);
  const grid = svg.append('g').attr('class', 'grid');
  const layers = svg.append('g');
  const legend = document.getElementById(`l-${id}`);
  names.forEach((name, i) => {
    const item = element('span'), mark = element('s');
    mark.style.background = colour(i);
    item.append(mark, name);
    legend.append(item, ' ');
  });
  return () => {
    const width = svg.node().getBoundingClientRect().width, height = 150, left = 52;
    const x = d3.scale.linear().domain([kMost - 1, 0]).range([left, width - 2]);
    const at = i => x(history_.length - 1 - i);
    let lines = series.map(value => history_.map(moment => [0, value(moment) || 0]));
    if (stacked) {
      for (let s = 1; s < lines.length; ++s)
        lines[s].forEach((pair, i) => { pair[0] = lines[s - 1][i][1]; pair[1] += pair[0]; });
    }
    const top = most || d3.max(lines.flat(), pair => pair[1]) || 1;
    const y = d3.scale.linear().domain([0, top]).range([height - 4, 8]);
    if (!most) y.nice(3);
    grid.attr('transform', `translate(${left},0)`)
        .call(d3.svg.axis().scale(y).orient('left').ticks(3).tickFormat(unit).tickSize(-(width - left), 0));
    const shape = stacked || series.length === 1
        ? d3.svg.area().x((_, i) => at(i)).y0(pair => y(pair[0])).y1(pair => y(pair[1]))
        : d3.svg.line().x((_, i) => at(i)).y(pair => y(pair[1]));
    const paths = layers.selectAll('path').data(lines);
    paths.enter().append('path');
    paths.attr('d', shape)
        .attr('fill', (_, i) => stacked || series.length === 1 ? colour(i) : 'none')
        .attr('fill-opacity', stacked ? .75 : .16)
        .attr('stroke', (_, i) => colour(i)).attr('stroke-width', stacked ? 0 : 1.8);
  };
}

const charts = [
  chart('ops', {series: [m => m.ops]}),
  chart('hit', {series: [m => m.hitRate], unit: n => `${Math.round(100 * n)} %`, most: 1}),
  chart('miss', {series: causes.map(cause => m => m[cause]), stacked: true,
                 names: ['never set', 'expired', 'evicted', 'deleted', 'invalidated']}),
  chart('lat', {series: [m => m.p50, m => m.p99, m => m.p999], names: ['p50', 'p99', 'p99.9']}),
  chart('mem', {series: [m => m.memory, m => m.limit], names: ['used', 'maxmemory'], unit: bytes}),
  chart('lost', {series: [m => m.killed, m => m.evicted, m => m.expired], stacked: true,
                 names: ['killed', 'evicted', 'expired']}),
];

// --- Live ----------------------------------------------------------------------------------------

let before = null;

function killed(stats) {
  return stats.invalidateKeyKeys + stats.invalidatePatternKeys + stats.invalidateTagKeys +
         stats.invalidateDepsKeys + stats.changeKeys;
}

// What happened since the last event; counters that were reset count from 0.
function moment(event) {
  const {stats, speed} = event;
  const past = before && before.stats, seconds = before ? (event.time - before.time) / 1000 : 1;
  const rate = value => past ? Math.max(0, value(stats) - value(past)) / seconds : 0;
  const hits = rate(s => s.hits), misses = rate(s => s.misses);
  const now = {ops: speed.operationsPerSecond, p50: speed.p50Latency * 1000, p99: speed.p99Latency * 1000,
               p999: speed.p999Latency * 1000, memory: stats.memoryBytes, limit: event.maxMemory,
               hits, misses, killed: rate(killed), evicted: rate(s => s.evictions), expired: rate(s => s.expirations)};
  const last = history_[history_.length - 1];
  now.hitRate = hits + misses > 0 ? hits / (hits + misses) : last ? last.hitRate : 0;
  for (const cause of causes) now[cause] = rate(s => s[`misses${cause}`]);
  return now;
}

function show(event) {
  history_.push(moment(event));
  before = event;
  if (history_.length > kMost) history_.shift();
  const now = history_[history_.length - 1];
  const minute = history_.slice(-60), hits = d3.sum(minute, m => m.hits), all = hits + d3.sum(minute, m => m.misses);
  $('t-ops').textContent = count(now.ops);
  $('t-hit').textContent = all > 0 ? percent(hits / all) : '–';
  $('t-p99').textContent = micros(event.minute.p99Latency);
  $('t-memory').textContent = bytes(now.memory);
  $('t-limit').textContent = now.limit ? `of ${bytes(now.limit)}` : '';
  $('t-keys').textContent = count(event.stats.totalKeys);
  $('t-killed').textContent = count(now.killed);
  const state = $('state');
  state.textContent = event.reasons.length ? event.reasons.join('; ') : 'healthy';
  state.className = event.reasons.length ? 'pill bad' : 'pill ok';
  if (document.hidden) return;
  charts.forEach(draw => draw());
  const log = [...event.log, ...event.changes.slice(0, 5)].sort((a, b) => b.timeMs - a.timeMs || b.number - a.number);
  rows('log', log, entry => [
    [clock(entry.timeMs)], [entry.kind], [entry.what, 'what'], [count(entry.keys), 'num'], [entry.depth, 'num'],
    [three(entry.micros / 1000), 'num'], [entry.name || (entry.client ? `#${entry.client}` : 'the server')],
    [entry.user]]);
  rows('slow', event.slow, entry => [
    [clock(entry.time * 1000)], [three(entry.micros / 1000), 'num'], [entry.args.join(' '), 'what']]);
  showJobs(event.jobs);
}

function rows(id, entries, cells) {
  const body = document.querySelector(`#${id} tbody`);
  body.replaceChildren(...entries.map(entry => {
    const row = element('tr');
    row.append(...cells(entry).map(([text, kind]) => element('td', text, kind)));
    return row;
  }));
}

function showJobs(jobs) {
  if (!jobs.length) return $('jobs').replaceChildren(element('p', 'No jobs. WARM FROM source begins one.', 'hint'));
  $('jobs').replaceChildren(...jobs.slice(0, 6).map(job => {
    const box = element('div');
    const done = job.state === 'done', bar = element('progress');
    if (job.state !== 'running') { bar.max = Math.max(1, job.read); bar.value = done ? bar.max : job.stored; }
    box.append(element('div', `#${job.job} from ${job.source}: ${job.state}${job.reason ? ` (${job.reason})` : ''}`), bar,
               element('div', `read ${count(job.read)} · stored ${count(job.stored)} · skipped ${count(job.skipped)} · ` +
                              `fenced ${count(job.fenced)} · failed ${count(job.failed)}`, 'facts'));
    return box;
  }));
}

function listen() {
  const events = new EventSource('/api/events');
  events.onmessage = message => show(JSON.parse(message.data));
  events.onerror = () => {
    $('state').textContent = 'not connected';
    $('state').className = 'pill bad';
  };
}

// --- Keys ----------------------------------------------------------------------------------------

let cursor = '0', pattern = '*', chosen = null;

async function search(more) {
  if (!more) {
    cursor = '0';
    pattern = $('pattern').value || '*';
    $('keys').replaceChildren();
  }
  // A page of SCAN may hold few matches: a few pages are read at once.
  let found = 0;
  for (let i = 0; i < 20 && found < 30; ++i) {
    const page = await ask(`/api/keys?pattern=${encodeURIComponent(pattern)}&count=200&cursor=${cursor}`);
    found += page.keys.length;
    for (const key of page.keys) {
      const button = element('button', key);
      button.onclick = () => choose(key);
      const item = element('li');
      item.append(button);
      $('keys').append(item);
    }
    cursor = page.cursor;
    if (cursor === '0') break;
  }
  $('more').hidden = cursor === '0';
  if (!$('keys').children.length) $('keys').append(element('li', 'No key matches.', 'hint'));
}

async function choose(key) {
  chosen = key;
  window.history.replaceState(null, '', `#${encodeURIComponent(key)}`);
  for (const button of document.querySelectorAll('#keys button')) button.classList.toggle('on', button.textContent === key);
  await Promise.all([showValue(key), showGraph()]);
}

async function showValue(key) {
  const box = $('value');
  box.hidden = false;
  try {
    const it = await ask(`/api/keys/${encodeURIComponent(key)}`);
    const text = typeof it.value === 'string' ? it.value : JSON.stringify(it.value, null, 1);
    const kind = it.encoding === 'base64' ? 'bytes, as base64' : typeof it.value === 'string' ? 'text' : 'JSON';
    const facts = element('p', `${kind}, ${it.ttl < 0 ? 'no deadline' : `${it.ttl} s to live`} `, 'facts');
    facts.append(...it.tags.map(tag => element('span', tag, 'tag')));
    box.replaceChildren(facts, element('pre', text.slice(0, 4000)));
  } catch (error) {
    const lines = [element('p', error.message, 'facts')];
    if (error.status === 404) {
      const why = await ask(`/api/cache/why?key=${encodeURIComponent(key)}`);
      const by = why.kill ? `: ${why.kill.kind} ${why.kill.what}, by ${why.kill.name || `client ${why.kill.client}`}` : '';
      lines[0].textContent = `${key} is gone: ${why.cause.replace('_', ' ')}${by}`;
    }
    box.replaceChildren(...lines);
  }
}

// --- The graph -----------------------------------------------------------------------------------

let graph = null, doomed = new Set();

// Levels from the chosen key: negative is what it was made from.
function levels(found) {
  const level = new Map([[chosen, 0]]);
  for (const edge of found.edges) if (edge.to === chosen) level.set(edge.from, -1);
  for (let changed = true; changed;) {
    changed = false;
    for (const {from, to} of found.edges) {
      if (level.has(from) && level.get(from) >= 0 && !level.has(to)) {
        level.set(to, level.get(from) + 1);
        changed = true;
      }
    }
  }
  return level;
}

async function showGraph() {
  const query = `depth=${$('depth').value}&limit=150`;
  let found;
  try {
    found = await ask(`/api/cache/dependencies?key=${encodeURIComponent(chosen)}&${query}`);
  } catch (error) {
    found = await ask(`/api/cache/dependencies?name=${encodeURIComponent(chosen)}&${query}`);
  }
  graph = found;
  doomed = new Set();
  $('graph-hint').textContent = `${found.nodes.length} names${found.truncated ? ', and more that are not drawn' : ''}. ` +
      'A dashed one holds no value. Click one to go there.';
  $('graph-actions').hidden = false;
  $('kill').disabled = true;
  $('outcome').textContent = '';
  drawGraph();
}

function drawGraph() {
  const svg = d3.select('#graph');
  const {width, height} = svg.node().getBoundingClientRect();
  const level = levels(graph);
  const deepest = d3.max([...level.values()]), first = d3.min([...level.values()]);
  const columns = new Map();
  for (const node of graph.nodes) {
    const column = level.get(node.name);
    if (column !== undefined) columns.set(column, [...columns.get(column) || [], node]);
  }
  const x = d3.scale.linear().domain([first, Math.max(deepest, first + 1)]).range([24, width - 130]);
  const place = new Map();
  for (const [column, nodes] of columns) {
    nodes.forEach((node, i) => place.set(node.name, [x(column), (i + 1) * height / (nodes.length + 1)]));
  }
  const link = edge => {
    const [x1, y1] = place.get(edge.from), [x2, y2] = place.get(edge.to), middle = (x1 + x2) / 2;
    return `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
  };
  const edges = graph.edges.filter(edge => place.has(edge.from) && place.has(edge.to));
  svg.selectAll('*').remove();
  svg.append('g').selectAll('path').data(edges).enter().append('path').attr('class', 'edge').attr('d', link);
  const node = svg.append('g').selectAll('g').data(graph.nodes.filter(one => place.has(one.name))).enter().append('g')
      .attr('class', one => `node${one.exists ? '' : ' absent'}${one.name === chosen ? ' root' : ''}`)
      .attr('transform', one => `translate(${place.get(one.name)})`)
      .on('click', one => choose(one.name));
  node.append('circle').attr('r', one => one.name === chosen ? 9 : 6);
  const crowded = d3.max([...columns.values()], nodes => nodes.length) > 26;
  node.filter(one => !crowded || one.name === chosen).append('text').attr('x', 12).attr('dy', '.32em')
      .text(one => one.name.length > 26 ? `${one.name.slice(0, 25)}…` : one.name);
  node.append('title').text(one => one.name);
  markDoomed();
}

function markDoomed() {
  d3.selectAll('#graph .node').classed('doomed', one => doomed.has(one.name));
  d3.selectAll('#graph .edge').classed('doomed', edge => doomed.has(edge.from) && doomed.has(edge.to));
}

const selection = () => ({keys: [chosen], cascade: true});

async function preview() {
  const {invalidated} = await post('/api/cache/invalidate', {...selection(), dryRun: true});
  const level = levels(graph);
  doomed = new Set(graph.nodes.filter(node => node.exists && level.get(node.name) >= 0).map(node => node.name));
  markDoomed();
  $('outcome').textContent = `${count(invalidated)} would die`;
  $('kill').disabled = invalidated === 0;
  return invalidated;
}

function confirmed(question) {
  $('question').textContent = question;
  $('ask').showModal();
  return new Promise(resolve => {
    $('yes').onclick = () => { $('ask').close(); resolve(true); };
    $('no').onclick = () => $('ask').close();
    $('ask').onclose = () => resolve(false);
  });
}

async function kill() {
  const dying = await preview();
  if (!await confirmed(`Invalidate ${chosen} and all that was made from it: ${dying} keys?`)) return;
  const {invalidated} = await post('/api/cache/invalidate', selection());
  $('outcome').textContent = `${count(invalidated)} killed`;
  $('kill').disabled = true;
  d3.selectAll('#graph .doomed').classed('gone', true);
  for (const node of graph.nodes) node.exists = node.exists && !doomed.has(node.name);
  doomed = new Set();
  showValue(chosen);
}

// --- The start -----------------------------------------------------------------------------------

const tell = work => async event => {
  if (event) event.preventDefault();
  try {
    await work();
  } catch (error) {
    $('outcome').textContent = error.message;
  }
};
$('find').onsubmit = tell(() => search(false));
$('more').onclick = tell(() => search(true));
$('preview').onclick = tell(preview);
$('kill').onclick = tell(kill);
$('depth').onchange = tell(showGraph);
$('db').onchange = tell(() => search(false));
window.onresize = () => { charts.forEach(draw => draw()); if (graph) drawGraph(); };
listen();
tell(async () => {
  await search(false);
  if (location.hash.length > 1) await choose(decodeURIComponent(location.hash.slice(1)));
})();
