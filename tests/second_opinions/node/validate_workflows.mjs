// Reads { name: definition } as JSON, writes { name: [finding] }.
import { readFileSync } from "node:fs";
import validate from "asl-validator";

const definitions = JSON.parse(readFileSync(0, "utf8"));
const findings = Object.entries(definitions).map(([name, definition]) => {
  const { errors } = validate(definition);
  return [name, errors.map((error) => `${error["Error code"]}: ${error.Message}`)];
});
process.stdout.write(JSON.stringify(Object.fromEntries(findings)));
