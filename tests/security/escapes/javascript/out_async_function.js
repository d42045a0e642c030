// expect: permission_denied
(async () => 1).constructor("return this")();
