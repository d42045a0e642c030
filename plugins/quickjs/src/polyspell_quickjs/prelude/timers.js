// setTimeout and setInterval, by the host's `sleep`.
"use strict";
(({ later, fail, react, forget, P, sleep }) => {
  const running = new Map();
  let last = 0;

  const start = (id, work, milliseconds, again) => {
    const timer = sleep(Math.max(0, Number(milliseconds) || 0) / 1000);
    running.set(id, timer.call);
    react(timer.promise, () => {
      if (!running.has(id)) return;
      if (again) start(id, work, milliseconds, true);
      else running.delete(id);
      try {
        const result = work();
        if (result instanceof P) react(result, undefined, fail);
      } catch (error) {
        fail(error);
      }
    }, fail);
    return id;
  };
  const timer = (again) => (work, milliseconds, ...values) => {
    if (typeof work !== "function") throw new TypeError("A timer needs a function");
    return start(++last, () => work(...values), milliseconds, again);
  };
  const clear = (id) => {
    if (running.has(id)) forget(running.get(id));
    running.delete(id);
  };
  return { setTimeout: timer(false), setInterval: timer(true), clearTimeout: clear, clearInterval: clear };
})
