// The frame is painted from the page alone. What makes it live comes after that, so that no script stands between a
// browser and its first paint.
'use strict';

let loading = false;

function load() {
  if (loading) return;
  loading = true;
  for (const name of ['d3.min', 'words', 'charts', 'live', 'explorer']) {
    const script = document.createElement('script');
    script.src = `/${name}.js`;
    script.async = false;  // they run in this order
    document.head.append(script);
  }
}

// The first paint may be of the background alone: the frame is there with its first content.
function painted(list) {
  if (list.getEntriesByName('first-contentful-paint').length > 0) load();
}

// A tab that nobody looks at is not painted, and does not wait for that.
function seen() {
  if (document.hidden) load();
}

new PerformanceObserver(painted).observe({type: 'paint', buffered: true});
document.addEventListener('visibilitychange', seen);
seen();
// A browser that does not tell of paints: the second frame comes after the first was painted.
setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(load)), 5000);
