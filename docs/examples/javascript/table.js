// The tools of polyspell-data, called from a spell: CSV in, SQL over it, Markdown out.
import { tool } from "polyspell";

const sales = `city,month,amount
Oslo,1,120
Oslo,2,80
Bergen,1,95
Bergen,2,140
`;

const answer = await tool.call("data_sql", {
  query: "SELECT city, sum(amount) AS total FROM sales GROUP BY city ORDER BY total DESC",
  tables: { sales },
});

console.log(`| ${answer.columns.join(" | ")} |`);
console.log(`|${answer.columns.map(() => "---").join("|")}|`);
for (const row of answer.rows) console.log(`| ${row.city} | ${row.total} |`);
