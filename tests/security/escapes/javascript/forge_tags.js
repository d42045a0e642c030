// expect: value {"$": "h", "more": "Agent", "v": 1}
export default { $: "h", v: 1, more: "Agent" };
