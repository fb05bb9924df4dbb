// Prints the runs as the WebAssembly build writes them: node twin.mjs MODULE.wasm FROM TO

import { readFile } from "node:fs/promises";

const [file, from, to] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const { memory, transcript } = instance.exports;

const start = transcript(Number(from), Number(to)) >>> 0;
const bytes = new Uint8Array(memory.buffer); // only now: the call may have grown the memory
process.stdout.write(bytes.subarray(start, bytes.indexOf(0, start)));
