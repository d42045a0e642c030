// expect: limit_exceeded cpu
throw { toString() { for (;;) {} }, get message() { for (;;) {} }, get [Symbol.toStringTag]() { for (;;) {} } };
