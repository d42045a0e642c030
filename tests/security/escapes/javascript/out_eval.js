// expect: permission_denied
eval("1");
