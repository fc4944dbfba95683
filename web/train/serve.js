/**
 * Builds the training page and serves it:
 *
 *     npm run web:train -- --data <folder with MNIST's four .gz files> [--port 8080]
 *
 * Without --data the page asks for the files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPage } from './build.js';
import { servePage } from './server.js';

const OUTPUT = fileURLToPath(new URL('../../out/web/train', import.meta.url));
const SMALLEST = 't10k-labels-idx1-ubyte.gz';

function stop(message) {
  console.error(message);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, port: { type: 'string', default: '8080' } },
    });
    return values;
  } catch (error) {
    return stop(`${error.message}\nUse: npm run web:train -- [--data <folder>] [--port <number>]`);
  }
}

const { data, port } = readOptions();
if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) stop(`--port ${port} is no port.`);
if (data !== undefined && !existsSync(join(data, SMALLEST))) {
  stop(`--data ${data}: there is no ${SMALLEST}. Name the folder with MNIST's four .gz files.`);
}
await buildPage(OUTPUT);
const server = await servePage(OUTPUT, { data, port: Number(port) }).catch((error) =>
  stop(
    error.code === 'EADDRINUSE'
      ? `Port ${port} is taken. Name another one: --port ${Number(port) + 1}`
      : `The server can't start: ${error.message}`,
  ),
);
console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl+C ends it)`);
if (data === undefined) console.log('No --data: the page asks for the files of MNIST.');
