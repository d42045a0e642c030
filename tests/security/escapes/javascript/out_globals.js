// expect: value []
const names = ["process", "require", "module", "Deno", "Bun", "std", "os", "bjson", "fetch", "XMLHttpRequest", "Worker", "WebAssembly", "__host", "scriptArgs", "print", "load", "loadScript", "gc"];
export default names.filter((n) => n in globalThis);
