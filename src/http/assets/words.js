// How figures are written, how elements are made, and how the server is asked. Everything shown is put in as
// text, never as markup.
'use strict';

const $ = id => document.getElementById(id);
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
