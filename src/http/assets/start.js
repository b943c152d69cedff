// The frame is painted from the page alone. What makes it live comes after that, so that no script stands between a
// browser and its first paint.
'use strict';

let loading = false;

// The first paint may be of the background alone: the frame is there with its first content.
function painted(list) {
  if (list.getEntriesByName('first-contentful-paint').length > 0) load();
}

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

new PerformanceObserver(painted).observe({type: 'paint', buffered: true});
setTimeout(load, document.hidden ? 0 : 2000);  // nothing is painted in a tab that nobody looks at
