// expect: value 7
void globalThis.__go();
void globalThis.__idle();
void globalThis.__check();
export default 7;
