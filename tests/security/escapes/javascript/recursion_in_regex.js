// expect: script
new RegExp("(".repeat(4000));
