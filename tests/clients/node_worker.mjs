// Run snippets of JavaScript beside the clients: a line of JSON in, a line of JSON out.
// A snippet is an async function's body, whose value is the answer; what they share is in globalThis.
import { createInterface } from "node:readline";

const AsyncFunction = (async () => {}).constructor;
const answers = process.stdout;
console.log = console.info = console.error; // what clients print is no answer
globalThis.load = (name) => import(name); // resolved from this file

const plain = (_, value) => (typeof value === "bigint" ? `${value}n` : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { code, values } = JSON.parse(line);
  let answer;
  try {
    const value = await new AsyncFunction(...Object.keys(values), code)(...Object.values(values));
    answer = { value: value ?? null };
  } catch (error) {
    answer = { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  answers.write(JSON.stringify(answer, plain) + "\n");
}
process.exit(0);
