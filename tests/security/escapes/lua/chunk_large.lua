-- expect: value false
return load("return 1" .. (" "):rep(5000000)) ~= nil
