-- expect: invalid
return { a = { "\xff\xfe" } }
