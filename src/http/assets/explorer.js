// Keys and the graph: asked for when somebody looks.
'use strict';

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
    const kind = it.encoding === 'base64' ? 'bytes, shown as base64' : typeof it.value === 'string' ? 'text' : 'JSON';
    const facts = element('p', `string of ${kind}, ${it.ttl < 0 ? 'no deadline' : `${it.ttl} s to live`} `, 'facts');
    facts.append(...it.tags.map(tag => element('span', tag, 'tag')));
    if (it.dependencies.length) {
      facts.append(element('br'), 'made from ', ...it.dependencies.map(name => {
        const link = element('button', name, 'tag');
        link.onclick = tell(() => choose(name));
        return link;
      }));
    }
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
  for (const nodes of columns.values()) nodes.sort((a, b) => a.name.localeCompare(b.name, undefined, {numeric: true}));
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
  // The root's edges leave where its name would stand.
  const beside = one => one.name !== chosen || level.size === 1;
  node.filter(one => !crowded || one.name === chosen).append('text')
      .attr('x', one => beside(one) ? 12 : -10).attr('y', one => beside(one) ? 0 : 24).attr('dy', '.32em')
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
  const unseen = invalidated - doomed.size;
  $('outcome').textContent = `${count(invalidated)} would die${unseen > 0 ? `, ${count(unseen)} of them not drawn` : ''}`;
  $('kill').disabled = invalidated === 0;
  return invalidated;
}

async function kill() {
  const dying = await preview();
  if (!await confirmed(`Invalidate ${chosen} and all that was made from it: ${dying} keys?`, 'Invalidate')) return;
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
window.onresize = () => { drawCharts(); if (graph) drawGraph(); };
tell(async () => {
  await search(false);
  if (location.hash.length > 1) await choose(decodeURIComponent(location.hash.slice(1)));
})();
