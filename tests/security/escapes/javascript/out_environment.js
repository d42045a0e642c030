// expect: permission_denied
import { env } from "polyspell";
env("PATH");
