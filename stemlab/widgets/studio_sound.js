// What is heard: sounds of takes are asked for when they are first needed, and kept.

function soundPanel(studio, parent, rows) {
  const place = element("div", { class: "heard" }, parent);
  const deck = makeDeck(place);
  const sounds = new Map();  // take -> { title, about, sound }
  let [offered, shownTake] = ["", null];

  function receive({ take, about }, buffers) {
    const title = nameOf(studio.view().takes[take]);
    const made = about.stems.map((stem) => stem.name);
    sounds.set(take, { title: `take ${take + 1}, ${title}`, about: { ...about, made }, sound: { encoded: buffers.map(bytesOf) } });
    show();
  }

  // Before the first take: rows without sound, as long as they will be.
  function silence() {
    const { bpm, bars, meter } = studio.form();
    const { beat, perBar } = studio.choices.meters[meter] ?? { beat: 1, perBar: 4 };  // beat: in quarter notes
    const bar = (beat * perBar * 60) / bpm;
    const seconds = bpm && bars ? bars * bar : 8;
    const lines = bpm && bars ? Array.from({ length: Math.min(bars, 64) }, (_, number) => number * bar) : [];
    return { about: { rate: 32000, seconds, beat: bpm ? (beat * 60) / bpm : null, perBar, downbeat: 0, bars: lines, stems: [], made: [] }, sound: { encoded: [] } };
  }

  function versionOf(take) {
    const version = take === null ? silence() : sounds.get(take);
    return {
      ...version,
      rows: rows.rowsFor(version.about),
      keys: [["Paint", GRID_KEYS], ["Studio", STUDIO_KEYS]],
      lossless: studio.kernel.there,
      fetchFile: (asked) => studio.kernel.ask({ do: "export", take, ...asked }, { patience: FILE_PATIENCE }),
      fetchNotes: take === null ? null : () => studio.kernel.ask({ do: "notes", take }, { patience: FILE_PATIENCE }),
      keep: (desk) => { if (take !== null) studio.kernel.tell({ do: "desk", take, desk }); },
      looped: (part, name) => studio.looped?.(part, name, version.about),
    };
  }

  // The current take, and the one to compare with: the one that it was made from, unless another was chosen.
  function show() {
    const { current, takes } = studio.view();
    const other = studio.compared !== current ? studio.compared : null;
    const shown = (take) => take !== null && take < takes.length && !takes[take].gone;
    const wanted = studio.blind ?? (current === null ? [null] : [current, other].filter(shown));
    const missing = wanted.filter((take) => take !== null && !sounds.has(take));
    for (const take of missing) studio.ask(take);
    const { bpm, bars, meter } = studio.form();
    const names = studio.view().rows.map((row) => row.name);
    const now = JSON.stringify([wanted, Boolean(studio.blind), names, current === null && [bpm, bars, meter]]);
    if (missing.length || now === offered) return;
    offered = now;
    const versions = wanted.map(versionOf);
    if (studio.blind) for (const version of versions) version.title = "";
    const offer = deck.offer(versions, current === shownTake && !studio.blind ? deck.heard() : 0);
    shownTake = current;
    offer.then(() => { if (current === shownTake) place.dataset.take = current ?? ""; });  // whose mixer stands there now
  }

  studio.heardNow = deck.heard;
  studio.onRefresh(show);
  return { receive, lost: () => deck.mixer()?.show(), close: () => deck.close() };
}
