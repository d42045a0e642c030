// expect: value "]] os.exit() --[[\\\" .. os.exit() .. \\\""
var result = "]] os.exit() --[[\\\" .. os.exit() .. \\\""
