// A click on a lane moves there, a drag loops bars; by mouse, pen or finger. `seek(seconds)` and `loop([start, end], lane)` tell.

function dragLanes(desk, { ruler, region, seconds, downbeat, step, view }, { seek, loop, cancel }) {
  const edge = (second, round) => Math.min(seconds, Math.max(0, downbeat + round((second - downbeat) / step) * step));
  let drag = null;
  const secondAt = (event) => {
    const box = ruler.getBoundingClientRect();
    const { start, end } = view();
    return start + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (end - start);
  };
  desk.addEventListener("pointerdown", (event) => {
    if (!event.target.matches(".lane") || event.button !== 0) return;
    drag = { x: event.clientX, from: secondAt(event), far: false, lane: event.target };
    desk.setPointerCapture(event.pointerId);
  });
  desk.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.far ||= Math.abs(event.clientX - drag.x) > 4;
    if (!drag.far) return;
    const [low, high] = [drag.from, secondAt(event)].sort((a, b) => a - b);
    drag.region = event.altKey ? [low, Math.max(high, low + 0.05)] : [edge(low, Math.floor), edge(high, Math.ceil)];
    region.hidden = false;
    placeRegion(region, drag.region, view());
  });
  desk.addEventListener("pointerup", () => {
    if (drag?.region) loop(drag.region, drag.lane);
    else if (drag) seek(drag.from);
    drag = null;
  });
  desk.addEventListener("pointercancel", () => { drag = null; cancel(); });
}

function placeRegion(region, [start, end], view) {
  const [left, right] = [start, end].map((second) => placeIn(second, view) * 100);
  Object.assign(region.style, { left: `${left}%`, width: `${right - left}%` });
}
