// expect: limit_exceeded cpu|wall|memory
Array(1e5).fill('aaaa'.repeat(2e6)).forEach(atob);
