"""What tests of hosts, plugins and spells need: fixtures, matchers, contract kits."""
