// Which take is better, without knowing which is which: letters in a random order, until one is kept.

function blindButtons(studio, parent) {
  const start = button("Listen blind", "Compare takes without seeing which is which", parent, () => {
    studio.blind = shuffled(contestants());
    studio.refresh();
  });
  const keep = button("Keep what I hear", "Keep the take that is heard now, and see which it was", parent, () => end(studio.blind[studio.heardNow()]));
  const stop = button("Stop", "Stop comparing blind", parent, () => end(null));

  // The last four takes that were made at once; else the current one and the one that it is compared with.
  function contestants() {
    const { four, current, takes } = studio.view();
    if (four.length > 1 && four.includes(current)) return four;
    const other = studio.compared;
    return other !== null && other !== current && takes[other] && !takes[other].gone ? [current, other] : [];
  }

  function end(kept) {
    const order = studio.blind;
    studio.blind = null;
    studio.refresh();
    if (kept === null) return;
    const told = order.map((take, letter) => `${LETTERS[letter]} was take ${take + 1}`).join(", ");
    studio.send("go", { take: kept });
    studio.told = `You kept take ${kept + 1}: ${told}.`;
    studio.say(studio.told);
  }

  studio.onRefresh(() => {
    const { busy } = studio.view();
    if (studio.blind?.some((take) => studio.view().takes[take]?.gone)) studio.blind = null;
    start.hidden = Boolean(studio.blind) || contestants().length < 2;
    start.textContent = `Listen blind (${contestants().length})`;
    keep.hidden = stop.hidden = !studio.blind;
    for (const one of [start, keep]) enable(one, !busy && studio.kernel.there());
  });
}

// In a random order, each as likely: Fisher and Yates.
function shuffled(list) {
  const left = [...list];
  return list.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
}
