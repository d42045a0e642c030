-- It would abort a careless converter.
-- expect: script
return { [0 / 0] = 1 }
