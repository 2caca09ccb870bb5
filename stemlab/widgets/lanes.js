// What lies behind the playhead: a waveform for each stem, or its notes over it, where it sounds (and, below that, where it
// was asked to), bar lines and their numbers. A view { start, end } in seconds is what of it is shown.

const placeIn = (second, { start, end }) => (second - start) / (end - start);

function scaled(canvas) {
  const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio || 1];
  Object.assign(canvas, { width: width * scale, height: height * scale });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height };
}

// Highest sample of each of `count` equal pieces of a view, as the stem's peaks are: 0 to 100.
function peaksIn(samples, rate, { start, end }, count) {
  const edge = (i) => Math.round((start + ((end - start) * i) / count) * rate);
  return Array.from({ length: count }, (_, i) => {
    let most = 0;
    for (let at = edge(i); at < Math.min(edge(i + 1), samples.length); at++) most = Math.max(most, Math.abs(samples[at]));
    return most * 100;
  });
}

// `buffer` is the decoded stem, looked at where the view is nearer than the stem's peaks; `notes` are [start, end, pitch] or null.
function drawWave(canvas, stem, { bars, seconds, stems }, [line, soft], { view, buffer, notes }) {
  const { pen, width, height } = scaled(canvas);
  const wave = height - 8;
  const x = (second) => placeIn(second, view) * width;
  const whole = view.end - view.start >= seconds;
  pen.fillStyle = line;
  for (const second of bars) pen.fillRect(x(second), 0, 1, height);
  pen.fillStyle = stem.colour;
  pen.globalAlpha = notes ? 0.25 : 1;
  const near = !whole && buffer && stem.peaks.length;
  const peaks = near ? peaksIn(buffer.getChannelData(0), buffer.sampleRate, view, Math.max(1, Math.floor(width / 2))) : stem.peaks;
  const [first, wide] = near ? [0, width / peaks.length] : [x(0), (x(seconds) - x(0)) / stem.peaks.length];
  const top = Math.max(1, ...stems.flatMap((one) => one.peaks));  // the loudest of all fills its lane
  peaks.forEach((peak, index) => {
    const tall = Math.max(1, Math.sqrt(peak / top) * (wave - 2));  // root, so that quiet stems show too
    pen.fillRect(first + index * wide, (wave - tall) / 2, Math.max(0.6, wide * 0.8), tall);
  });
  pen.globalAlpha = 1;
  if (notes?.length) drawNotes(pen, notes, x, wave);
  const strip = (spans, from, tall) => { for (const [start, end] of spans) pen.fillRect(x(start), from, x(end) - x(start), tall); };
  pen.fillStyle = soft;
  strip(stem.asked ?? [], height - 1.5, 1.5);
  pen.fillStyle = stem.colour;
  strip(stem.active, height - 5.5, 3);
}

// A piano roll: high notes above, an octave at least from top to bottom.
function drawNotes(pen, notes, x, height) {
  const pitches = notes.map(([, , pitch]) => pitch);
  const middle = (Math.min(...pitches) + Math.max(...pitches)) / 2;
  const range = Math.max(12, Math.max(...pitches) - Math.min(...pitches) + 2);
  const tall = Math.max(2, Math.min(8, height / range));
  for (const [start, end, pitch] of notes) {
    pen.fillRect(x(start), (0.5 - (pitch - middle) / range) * (height - tall), Math.max(2, x(end) - x(start) - 1), tall);
  }
}

function drawRuler(canvas, { bars, seconds, beat, perBar = 4 }, [line, text], view) {
  const { pen, width, height } = scaled(canvas);
  const marks = bars.length ? bars : Array.from({ length: Math.ceil(seconds) }, (_, second) => second);
  const apart = (width * (bars.length && beat ? perBar * beat : 1)) / (view.end - view.start);  // pixels from mark to mark
  const every = [1, 2, 4, 8, 16].find((step) => step * apart >= 26) ?? 32;  // 1 5 9 13
  pen.font = "11px system-ui, sans-serif";
  marks.forEach((second, index) => {
    const x = placeIn(second, view) * width;
    pen.fillStyle = line;
    pen.fillRect(x, index % every ? height - 5 : 3, 1, height);
    if (bars.length && beat && apart > 80) for (let part = 1; part < perBar; part++) pen.fillRect(x + (part * apart) / perBar, height - 5, 1, 5);
    pen.fillStyle = text;
    if (index % every === 0) pen.fillText(bars.length ? index + 1 : `${second} s`, x + 4, 13);
  });
}
