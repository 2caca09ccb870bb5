// What part of the piece is shown: all of it, or the loop, or a bar. While it plays the view turns its pages.

function makeView({ seconds, beat, downbeat, perBar = 4 }) {
  let shown = { start: 0, end: seconds };
  const whole = () => shown.end - shown.start >= seconds;

  // Into the loop where there is one, else into the bar at the playhead; and out again.
  function flip(region, at) {
    if (!whole()) shown = { start: 0, end: seconds };
    else if (region) shown = { start: region[0], end: region[1] };
    else {
      const bar = beat ? beat * perBar : 2;
      const start = Math.max(0, downbeat + Math.floor((at - downbeat) / bar + 1e-6) * bar);
      shown = { start, end: Math.min(seconds, start + bar) };
    }
  }

  // Whether the view had to move so that a moment is in it.
  function follow(at) {
    if (whole() || (at >= shown.start && at < shown.end)) return false;
    const wide = shown.end - shown.start;
    const start = Math.max(0, Math.min(seconds - wide, shown.start + Math.floor((at - shown.start) / wide) * wide));
    if (start === shown.start) return false;
    shown = { start, end: start + wide };
    return true;
  }

  return { shown: () => shown, whole, flip, follow };
}
