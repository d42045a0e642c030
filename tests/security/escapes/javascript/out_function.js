// expect: permission_denied
(() => 1).constructor("return this")();
