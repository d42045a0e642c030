// expect: value 3
import { schema } from "polyspell";
Object.prototype.then = undefined;
Array.prototype.push = () => { throw 1; };
Map.prototype.get = () => 1;
Array.isArray = () => false;
Reflect.apply = () => 1;
Function.prototype.call = () => 1;
export default 3;
