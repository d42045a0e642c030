// expect: limit_exceeded memory|output|cpu
export default Array.from({ length: 64 }, (_, i) => String(i).repeat(2 ** 20));
