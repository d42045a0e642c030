// expect: value [null, null, 3, "local"]
var end = null
var nil = end
var function = 3
var local = "local"
var result = [end, nil, function, local]
