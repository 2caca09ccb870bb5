// What can be done by hand to bars that were dragged over, and how it goes on.
function repairPanel(studio, parent) {
  const bar = element("div", { class: "bar repair", role: "group", "aria-label": "Bars that were dragged over" }, parent);
  const words = element("span", { class: "hint" }, bar);
  const act = (what, more = {}) => () => studio.send(what, { name: chosen.name, bars: chosen.bars, ...more });
  const again = button("Again here", "Make these bars of the stem anew", bar, act("inpaint"));
  const like = button("More like this", "Make these bars anew, near what they are", bar, act("inpaint", { rho: 0.7 }));
  const twice = button("Play it twice", "Play these bars twice: those after them give way", bar, act("repeat"));
  let chosen = null;
  studio.looped = (part, name, about) => {
    const bar = about.beat * about.perBar;
    const numbers = part && part.map((second) => Math.round((second - about.downbeat) / bar));
    chosen = part && name && about.beat ? { name, bars: Array.from({ length: Math.max(1, numbers[1] - numbers[0]) }, (_, i) => numbers[0] + i + 1) } : null;
    show();
  };
  function show() {
    const { current, busy } = studio.view();
    bar.hidden = !chosen || current === null;
    if (!chosen) return;
    const { name, bars } = chosen;
    words.textContent = bars.length === 1 ? `${name}, bar ${bars[0]}:` : `${name}, bars ${bars[0]} to ${bars.at(-1)}:`;
    const ready = !busy && studio.kernel.there();
    for (const one of [again, like]) enable(one, ready);
    enable(twice, ready && bars.at(-1) < studio.form().bars);
  }
  studio.onRefresh(show);
}

function goOnPanel(studio, parent) {
  const bar = element("div", { class: "bar add", role: "group", "aria-label": "Go on" }, parent);
  element("span", { class: "hint", text: "Go on" }, bar);
  const more = [4, 8].map((bars) => button(`+ ${bars} bars`, `Let all stems go on for ${bars} bars`, bar, () => studio.send("extend", { bars })));
  studio.onRefresh(() => {
    const { current, busy } = studio.view();
    bar.hidden = current === null || studio.form().bpm === null;
    for (const one of more) enable(one, !busy && studio.kernel.there());
  });
}
