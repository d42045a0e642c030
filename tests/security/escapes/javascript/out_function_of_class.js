// expect: permission_denied
Object.getPrototypeOf(class {}).constructor("return this")();
