// Tasks: programs and calls, from their begin to their end.

const tasks = { __proto__: null };

const done = (task, value) => {
  check();
  try {
    const packed = pack(value);
    host("done", task, packed, packedTags);
  } catch (error) {
    fail(task, error);
  }
  delete tasks[task];
};
const fail = (task, error) => {
  check();
  delete tasks[task];
  host("fail", task, describe(error));
};
const begin = (task, work) => {
  tasks[task] = [];
  react(work(), (value) => done(task, value), (error) => fail(task, error));
};

// The value of an entry, printed where it cannot cross.
const shown = (value) => {
  try {
    pack(value);
    return value;
  } catch {
    check();
    host("print", "stdout", text(lib("inspect").inspect(value)) + "\n");
  }
};

const actions = {
  run(task, name, interactive) {
    current = task;
    entryValue = undefined;
    begin(task, async () => {
      clean();
      const exports = await import(name);
      const floating = tasks[task];
      for (let i = 0; floating && i < floating.length; i++) await floating[i];
      if (!interactive) return (entryExports = exports).default;
      return shown(await entryValue);
    });
  },
  call(task, id, list, isTagged) {
    current = task;
    const work = functions[id] ?? gone;
    begin(task, async () => work(...(isTagged ? decode(list) : list)));
  },
  answer(...replies) { // of one task: its jobs come after all of them
    for (let i = 0; i < replies.length; i++) {
      const [id, reply] = replies[i], waiter = waiting[id];
      if (waiter === undefined) continue;
      delete waiting[id];
      current = waiter.task;
      if (reply[2]) waiter.reject(revive(reply[2], waiter.site));
      else waiter.resolve(settled(reply));
    }
  },
  cancel(task, calls) {
    delete tasks[task];
    for (const id of calls) delete waiting[id];
  },
  release(ids) {
    for (const id of ids) if (id in holds && --holds[id] === 0) delete functions[id], delete holds[id];
  },
  get(name) {
    try {
      const packed = pack(name in globalThis ? globalThis[name] : entryExports?.[name]);
      host("got", packed, packedTags);
    } catch (error) {
      host("failed", describe(error));
    }
  },
  set(name, reply) {
    const value = settled(reply);
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  },
};
// Whether the host may still call a function. If not, a task that waits does so for ever: where half of the
// memory is in use, it is the one that ended what it waits for.
hidden("__idle", (half) => keys(functions).length || (isFull(half) && exhausted()) || 0);
hidden("__go", () => {
  const taken = host("take");
  if (taken === null) return;
  const [seconds, [name, ...details]] = taken;
  until = seconds === null ? Infinity : now() + seconds * 1000 - 2; // before the engine: its interrupt may be lost
  const slice = new P((resolve) => (finish = resolve));
  actions[name](...details);
  return slice;
});
