// expect: permission_denied
import "../lua/loop.lua";
