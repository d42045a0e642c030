local text = {}
function text.shout(said) return said:upper() .. "!" end
return text
