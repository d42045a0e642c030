// expect: permission_denied
(async function* () {}).constructor("return this")();
