// What is being made, heard before it is done: a player of the last sketch, while there is something going on.

function sketchPanel(studio, parent) {
  const box = element("label", { class: "check", title: "While it is made, sketches of the mix can be heard; that takes longer" }, parent);
  const wanted = element("input", { type: "checkbox" }, box);
  box.append("Sketches");
  wanted.addEventListener("change", () => studio.change({ sketch: wanted.checked }));
  const words = element("span", { class: "note" }, parent);
  const player = element("audio", { controls: "", loop: "", "aria-label": "Sketch of what is being made", class: "sketch" }, parent);

  // A new sketch goes on where the last one was.
  function receive({ done, total }, [sound]) {
    const [at, playing] = [player.currentTime, !player.paused && !player.ended && player.src];
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(new Blob([bytesOf(sound)], { type: "audio/ogg" }));
    player.currentTime = at;
    if (playing) player.play().catch(() => {});
    words.textContent = `Sketch after step ${done} of ${total}`;
    words.hidden = player.hidden = false;
  }

  studio.onRefresh(() => {
    wanted.checked = Boolean(studio.form().sketch);
    if (studio.view().busy) return;
    player.pause();
    words.hidden = player.hidden = true;
  });
  return { receive };
}
