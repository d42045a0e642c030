// expect: script
await new Promise(() => {});
