// The line to the kernel: questions with answers, and whether there is anybody at the other end.

const PATIENCE = 6000;  // ms without an answer until the user is told
const LOST = "The kernel was restarted. What was made plays on here; run this cell again to make more.";

// `told(message, buffers)` gets what is no answer; `lost()` is called when the kernel was restarted or has gone.
function makeKernel(model, { told = () => {}, lost = () => {} } = {}) {
  const waiting = new Map();
  let [there, count] = [Boolean(model.send), 0];

  function heard(message, buffers) {
    there = true;
    const answer = waiting.get(message.order);
    if (!answer) return told(message, buffers);
    waiting.delete(message.order);
    clearTimeout(answer.timer);
    if (message.error) answer.fail(new Error(message.error));
    else answer.done({ ...message, buffers });
  }

  function gone() {
    if (!there) return;
    there = false;
    for (const { fail, timer } of waiting.values()) { clearTimeout(timer); fail(new Error(LOST)); }
    waiting.clear();
    lost();
  }

  // A question; the answer is a promise, which fails when none comes in time.
  function ask(message, { patience = PATIENCE, buffers = [] } = {}) {
    const order = ++count;
    return new Promise((done, fail) => {
      if (!there) return fail(new Error(LOST));
      const timer = setTimeout(() => { waiting.delete(order); fail(new Error("The kernel does not answer: it is busy with another cell, or it has gone.")); }, patience);
      waiting.set(order, { done, fail, timer });
      model.send({ ...message, order }, undefined, buffers);
    });
  }

  if (there) {
    model.on("msg:custom", heard);
    model.on("comm_live_update", gone);
  }
  return {
    there: () => there,
    ask,
    tell: (message, buffers = []) => { if (there) model.send(message, undefined, buffers); },
    close() {
      if (!model.send) return;
      model.off("msg:custom", heard);
      model.off("comm_live_update", gone);
      for (const { timer } of waiting.values()) clearTimeout(timer);
    },
  };
}
