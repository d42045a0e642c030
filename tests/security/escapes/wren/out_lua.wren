// expect: script_syntax
var result = end os.execute("true") --
