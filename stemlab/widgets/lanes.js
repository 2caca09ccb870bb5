// What lies behind the playhead: a waveform for each stem, where it sounds (and, below that, where it was asked to), bar lines and their numbers.

function scaled(canvas) {
  const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio || 1];
  Object.assign(canvas, { width: width * scale, height: height * scale });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return { pen, width, height };
}

function drawWave(canvas, stem, { bars, seconds, stems }, [line, soft]) {
  const { pen, width, height } = scaled(canvas);
  const wave = height - 8;
  pen.fillStyle = line;
  for (const second of bars) pen.fillRect((second / seconds) * width, 0, 1, height);
  pen.fillStyle = stem.colour;
  const wide = width / stem.peaks.length;
  const top = Math.max(1, ...stems.flatMap(({ peaks }) => peaks));  // the loudest of all fills its lane
  stem.peaks.forEach((peak, index) => {
    const tall = Math.max(1, Math.sqrt(peak / top) * (wave - 2));  // root, so that quiet stems show too
    pen.fillRect(index * wide, (wave - tall) / 2, Math.max(0.6, wide * 0.8), tall);
  });
  const strip = (spans, top, tall) => { for (const [from, to] of spans) pen.fillRect((from / seconds) * width, top, ((to - from) / seconds) * width, tall); };
  pen.fillStyle = soft;
  strip(stem.asked ?? [], height - 1.5, 1.5);
  pen.fillStyle = stem.colour;
  strip(stem.active, height - 5.5, 3);
}

function drawRuler(canvas, { bars, seconds }, [line, text]) {
  const { pen, width, height } = scaled(canvas);
  const marks = bars.length ? bars : Array.from({ length: Math.ceil(seconds) }, (_, second) => second);
  const every = [1, 2, 4, 8, 16].find((step) => (step * width) / marks.length >= 26) ?? 32;  // 1 5 9 13
  pen.font = "11px system-ui, sans-serif";
  marks.forEach((second, index) => {
    const x = (second / seconds) * width;
    pen.fillStyle = line;
    pen.fillRect(x, index % every ? height - 5 : 3, 1, height);
    pen.fillStyle = text;
    if (index % every === 0) pen.fillText(bars.length ? index + 1 : `${second} s`, x + 4, 13);
  });
}
