// expect: permission_denied
await import(".." + "/../x.js");
