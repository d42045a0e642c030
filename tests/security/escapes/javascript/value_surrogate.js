// expect: invalid
export default ["\udfff"];
