// The console: log, info and debug print to the output, warn, error and trace to the error output.
"use strict";
(({ host, lib }) => {
  const { format, inspect } = lib("inspect");
  const counts = new Map(), times = new Map();
  let indent = "";

  const print = (stream, text) => {
    const whole = indent ? indent + text.replaceAll("\n", "\n" + indent) : text;
    host("print", stream, (whole + "\n").toWellFormed());
  };
  const out = (...values) => print("stdout", format(values));
  const err = (...values) => print("stderr", format(values));
  const since = (label) => `${label}: ${(performance.now() - times.get(label)).toFixed(3)}ms`;

  const table = (data, columns) => {
    if (typeof data !== "object" || data === null) return out(data);
    const rows = data instanceof Map ? [...data] : data instanceof Set ? [...data.values()].entries() : Object.entries(data);
    const cells = [...rows].map(([index, row]) => [String(index), typeof row === "object" && row !== null ? row : { Values: row }]);
    const names = columns ?? [...new Set(cells.flatMap(([, row]) => Object.keys(row)))];
    const lines = [["(index)", ...names], ...cells.map(([index, row]) => [index, ...names.map((n) => (n in row ? inspect(row[n], 3) : ""))])];
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    const show = (line) => "│ " + line.map((cell, i) => cell.padEnd(widths[i])).join(" │ ") + " │";
    const rule = (a, b, c) => a + widths.map((w) => "─".repeat(w + 2)).join(b) + c;
    out([rule("┌", "┬", "┐"), show(lines[0]), rule("├", "┼", "┤"), ...lines.slice(1).map(show), rule("└", "┴", "┘")].join("\n"));
  };

  const console = {
    log: out, info: out, debug: out, warn: err, error: err, table,
    dir: (value) => print("stdout", inspect(value)),
    assert(holds, ...values) {
      if (!holds) err(values.length ? `Assertion failed: ${format(values)}` : "Assertion failed");
    },
    trace(...values) {
      err(`Trace: ${format(values)}\n${new Error().stack.trimEnd()}`);
    },
    group(...values) {
      if (values.length) out(...values);
      indent += "  ";
    },
    groupEnd() { indent = indent.slice(2); },
    count(label = "default") {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset(label = "default") { counts.delete(label); },
    time(label = "default") { times.set(label, performance.now()); },
    timeLog(label = "default", ...values) { if (times.has(label)) out(since(label), ...values); },
    timeEnd(label = "default") {
      if (times.has(label)) out(since(label));
      times.delete(label);
    },
    clear() {},
  };
  console.groupCollapsed = console.group;
  return { console };
})
