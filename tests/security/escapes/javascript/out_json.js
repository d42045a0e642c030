// expect: value 5
import ps from "polyspell";
JSON.parse = () => ({ modules: {}, handles: {}, records: {} });
export default typeof ps.log.info === "function" ? 5 : 0;
