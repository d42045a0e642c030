// expect: script
throw { toString() { for (;;) {} }, get message() { for (;;) {} }, get [Symbol.toStringTag]() { for (;;) {} } };
