// expect: value {"$": "f", "v": 1}
export default { $: "f", v: 1 };
