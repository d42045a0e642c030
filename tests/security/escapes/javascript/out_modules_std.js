// expect: not_found
await import("std");
