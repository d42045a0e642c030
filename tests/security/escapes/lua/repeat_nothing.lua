-- Nothing, many times: C counts.
-- expect: value ""
return ("").rep("", math.maxinteger) .. ("").rep("", math.maxinteger, "")
