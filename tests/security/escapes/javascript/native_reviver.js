// expect: limit_exceeded cpu|wall|memory
JSON.parse('[' + '1,'.repeat(1e5) + '1]', String.prototype.trim.bind(' '.repeat(9e6)));
