// expect: limit_exceeded cpu|memory
"a".repeat(45).split(/(a|aa)+$/y);
("a".repeat(45) + "!").match(/^(a|aa)+$/);
