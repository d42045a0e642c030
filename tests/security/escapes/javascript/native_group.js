// expect: limit_exceeded cpu|wall|memory
Map.groupBy(Array(1e5).fill('a'.repeat(9e6)), String);
