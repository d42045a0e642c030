// expect: not_found
import ps from "polyspell";
const ask = ps.log.info;
import "host";
