// expect: value ""
const b = new Uint8Array(4);
structuredClone(b);
b.buffer.transfer?.();
export default b.length ? "" : "";
