// Runs before the page: keeps what is needed for the web vitals.
(() => {
  const kept = (window.__audit = { lcp: 0, cls: 0, blocked: 0, inp: 0 });
  const watch = (type, take, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  watch("largest-contentful-paint", (entry) => (kept.lcp = entry.startTime));
  watch("layout-shift", (entry) => entry.hadRecentInput || (kept.cls += entry.value));
  watch("longtask", (entry) => (kept.blocked += Math.max(0, entry.duration - 50)));
  watch("event", (entry) => entry.interactionId && (kept.inp = Math.max(kept.inp, entry.duration)), { durationThreshold: 16 });
})();
