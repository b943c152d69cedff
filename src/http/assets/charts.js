// The charts: figures over time, and what another memory limit would bring.
'use strict';

const kMost = 120;  // seconds shown
const kHeight = 150, kTall = 262, kLeft = 56;  // as the style has them
const history_ = [];
const colour = i => `var(--c${i % 5 + 1})`;

function legend(id, names) {
  $(`l-${id}`).replaceChildren(...names.flatMap((name, i) => {
    const item = element('span'), mark = element('s');
    mark.style.background = colour(i);
    item.append(mark, name);
    return [item, ' '];
  }));
}

// Round numbers from 0 to at least `top`; of bytes, in their own unit.
function steps(top, unit) {
  const one = unit === bytes ? 1024 ** Math.max(0, Math.floor(Math.log(top) / Math.log(1024))) : 1;
  const scale = d3.scale.linear().domain([0, top / one]).nice(3);
  const last = scale.domain()[1];
  return scale.ticks(3).filter(tick => tick <= last).map(tick => tick * one);
}

function drawGrid(grid, y, ticks, unit, width) {
  grid.attr('transform', `translate(${kLeft},0)`)
      .call(d3.svg.axis().scale(y).orient('left').tickValues(ticks).tickFormat(unit).tickSize(-(width - kLeft), 0));
}

const widthOf = svg => svg.node().getBoundingClientRect().width;

// From a tenth to all that there is, by powers of ten: a rare peak must not press the rest flat.
function powers(lines) {
  const all = lines.flat().map(pair => pair[1]).filter(value => value > 0);
  const low = Math.floor(Math.log10(d3.min(all) || 1)), high = Math.ceil(Math.log10(d3.max(all) || 10));
  return d3.range(low, Math.max(high, low + 1) + 1).map(power => 10 ** power);
}

// series: functions of a moment; stacked: as areas on top of each other; log: lines on a logarithmic scale.
function chart(id, {series, names = [], stacked = false, log = false, unit = count, most}) {
  const svg = d3.select(`#c-${id}`);
  const grid = svg.append('g').attr('class', 'grid'), layers = svg.append('g');
  const filled = stacked || series.length === 1;
  if (names.length) legend(id, names);
  return () => {
    const width = widthOf(svg);
    const x = d3.scale.linear().domain([kMost - 1, 0]).range([kLeft, width - 2]);
    const at = i => x(history_.length - 1 - i);
    const lines = series.map(value => history_.map(moment => [0, value(moment) || 0]));
    for (let s = 1; stacked && s < lines.length; ++s)
      lines[s].forEach((pair, i) => { pair[0] = lines[s - 1][i][1]; pair[1] += pair[0]; });
    const ticks = log ? powers(lines) : steps(most || d3.max(lines.flat(), pair => pair[1]) || 1, unit);
    const y = (log ? d3.scale.log().clamp(true) : d3.scale.linear()).domain([ticks[0], ticks[ticks.length - 1]]).range([kHeight - 4, 8]);
    drawGrid(grid, y, ticks, unit, width);
    const line = d3.svg.line().defined(pair => !log || pair[1] > 0).x((_, i) => at(i)).y(pair => y(pair[1]));
    const area = d3.svg.area().x((_, i) => at(i)).y0(pair => y(pair[0])).y1(pair => y(pair[1]));
    const draw = (kind, shape, painted) => {
      const paths = layers.selectAll(`path.${kind}`).data(lines);
      paths.enter().append('path').attr('class', kind);
      paths.attr('d', shape).attr(painted, (_, i) => colour(i));
    };
    if (filled) draw(stacked ? 'stacked' : 'area', area, 'fill');
    if (!stacked) draw('line', line, 'stroke');
  };
}

// Misses at other memory limits: a line for each estimate that the answer has, the present limit, and what is
// measured there.
function missCurve() {
  const svg = d3.select('#c-mrc');
  const grid = svg.append('g').attr('class', 'grid'), axis = svg.append('g').attr('class', 'grid');
  const here = svg.append('line').attr('class', 'here'), layers = svg.append('g'), dot = svg.append('circle');
  const measured = dot.append('title');
  return ({mrc, limit}) => {
    const columns = Object.keys(mrc.rows[0]).filter(name => name !== 'maxmemory' && mrc.rows.some(row => row[name] !== null));
    $('mrc-hint').hidden = columns.length > 0;
    svg.style('display', columns.length ? null : 'none');
    legend('mrc', columns.map(name => ({lru: 'LRU', active: mrc.policy})[name] || name));
    if (!columns.length) return;
    const width = widthOf(svg), base = kTall - 18;
    const x = d3.scale.linear().domain([0, d3.max(mrc.rows, row => row.maxmemory)]).range([kLeft, width - 18]);
    const worst = d3.max(columns, name => d3.max(mrc.rows, row => row[name] === null ? 0 : 1 - row[name]));
    const ticks = steps(Math.max(worst, 1 - mrc.measuredHitRate, .01), percent).filter(tick => tick <= 1);
    const y = d3.scale.linear().domain([0, ticks[ticks.length - 1]]).range([base, 8]);
    drawGrid(grid, y, ticks, n => `${three(100 * n)} %`, width);
    const marks = steps(x.domain()[1], bytes).filter(mark => mark > 0 && mark <= x.domain()[1]);
    axis.attr('transform', `translate(0,${base})`)
        .call(d3.svg.axis().scale(x).orient('bottom').tickValues(marks).tickFormat(bytes).tickSize(4, 0));
    const line = name => d3.svg.line()
        .x(row => x(row.maxmemory)).y(row => y(1 - row[name])).interpolate('monotone')(mrc.rows.filter(row => row[name] !== null));
    const paths = layers.selectAll('path').data(columns);
    paths.enter().append('path');
    paths.exit().remove();
    paths.attr('d', line).attr('class', 'line').attr('stroke', (_, i) => colour(i));
    here.attr('x1', x(limit)).attr('x2', x(limit)).attr('y1', 8).attr('y2', base);
    dot.attr('cx', x(limit)).attr('cy', y(1 - mrc.measuredHitRate)).attr('r', 4);
    measured.text(`measured: ${percent(1 - mrc.measuredHitRate)} misses at ${bytes(limit)}`);
  };
}
