// expect: value 7
void globalThis.__go();
void globalThis.__idle();
void globalThis.__float();
export default 7;
