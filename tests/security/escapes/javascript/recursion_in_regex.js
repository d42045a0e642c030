// expect: script
new RegExp("(".repeat(1e5));
