// Reads [[expression, bindings], ...] as JSON, writes one of { value }, {} (undefined) and { error } for each.
import { readFileSync } from "node:fs";
import jsonata from "jsonata";

async function evaluate([expression, bindings]) {
  try {
    const value = await jsonata(expression).evaluate(undefined, bindings);
    return { value };
  } catch (error) {
    return { error: error.code };
  }
}

const questions = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const question of questions) {
  answers.push(await evaluate(question));
}
process.stdout.write(JSON.stringify(answers));
