/** The protocol of a peer (see peer.py) in Node.js, and the files of its folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The 32-bit floats of a file. */
export function floats(folder, file) {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, file));
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

export function json(folder, file) {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

/**
 * Obeys stdin. `run` is one inference and may be asynchronous; `output` gives its result as
 * 32-bit floats in NHWC; `extra` adds to what is answered to "run".
 */
export async function serve(about, run, output, extra = () => ({})) {
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  await run();
  answer(about);
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ');
    if (command === 'output') {
      const result = await output();
      writeFileSync(argument, new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
      answer({});
    } else answer(await time(Number(argument), run, extra));
  }
}

async function time(count, run, extra) {
  extra();
  const processor = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  const wall = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(processor);
  return { wall, processor: (user + system) / 1e6, ...extra(count) };
}
