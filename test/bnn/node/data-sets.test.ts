/** MNIST and CIFAR-10 from folders and, of a server of the test's own, from elsewhere. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createTar } from 'nanotar';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchCifar } from '../../../src/bnn/node/data-sets.ts';
import { readCifar10, readMnist } from '../../../src/bnn/node/index.ts';
import { TEST_DATA, testWith } from '../../support/tools.ts';

let scratch = '';
let folder = '';
let runs = 0;
let server: Server;
let home = '';
/** What the server has. */
const served = new Map<string, Uint8Array>();

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'binarynet-'));
  server = createServer((request, answer) => {
    const bytes = served.get(request.url ?? '');
    answer.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  folder = join(scratch, String(runs++));
  served.clear();
});
afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});

const FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
].map((name) => `${name}.gz`);
const ofMnist = (name: string) => readFileSync(join(TEST_DATA, 'mnist', name));

describe('MNIST', () => {
  testWith(['test data'], 'is fetched once, and read from its files', async () => {
    for (const name of FILES) served.set(`/${name}`, ofMnist(name));
    const { training, test } = await readMnist(folder, { download: true, from: home });
    expect(training.images.length).toBe(60000 * 784);
    expect([...training.labels.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    expect(test.labels).toHaveLength(10000);
    expect(readdirSync(folder).sort()).toEqual([...FILES].sort());
    served.clear();
    const again = await readMnist(folder, { download: true, from: home });
    expect(Buffer.compare(again.test.images, test.images)).toBe(0);
  });

  testWith(['test data'], 'may be unpacked', async () => {
    mkdirSync(folder);
    for (const name of FILES)
      writeFileSync(join(folder, name.replace('.gz', '')), gunzipSync(ofMnist(name)));
    expect((await readMnist(folder)).training.shape).toEqual([28, 28, 1]);
  });

  test('what is missing is named', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, FILES[0] as string), '');
    await expect(readMnist(folder)).rejects.toThrow(
      `${folder}: There is no ${FILES.slice(1).join(', no ')}. Name the folder that has them (--data), or have them fetched (--download).`,
    );
  });

  test('what is not MNIST is not written', async () => {
    for (const name of FILES) served.set(`/${name}`, gzipSync(Buffer.from('something else')));
    await expect(readMnist(folder, { download: true, from: home })).rejects.toThrow(
      /train-images-idx3-ubyte\.gz: What came is not the file that was asked for: its sha256 is [0-9a-f]{64}, not ba89/,
    );
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  test('a server that has nothing, and none at all', async () => {
    await expect(readMnist(folder, { download: true, from: home })).rejects.toThrow(
      'The server answers 404 Not Found.',
    );
    await expect(readMnist(folder, { download: true, from: 'http://127.0.0.1:1' })).rejects.toThrow(
      "It can't be fetched:",
    );
  });

  test('a file that was cut off', async () => {
    mkdirSync(folder);
    for (const name of FILES) {
      writeFileSync(join(folder, name), gzipSync(Buffer.alloc(1000)).subarray(0, 20));
    }
    await expect(readMnist(folder)).rejects.toThrow(
      `${join(folder, FILES[0] as string)}: The gzip file is not whole. Get it anew.`,
    );
  });
});

describe('CIFAR-10', () => {
  const batch = (label: number) => new Uint8Array(3073).fill(label);
  const archiveOf = (data: Uint8Array) =>
    new Uint8Array(
      gzipSync(
        createTar([
          { name: 'cifar-10-batches-bin/', attrs: {} },
          { name: 'cifar-10-batches-bin/batches.meta.txt', data: 'airplane' },
          { name: 'cifar-10-batches-bin/data_batch_1.bin', data },
          { name: '../../data_batch_2.bin', data },
          { name: 'cifar-10-batches-bin/test_batch.bin', data: batch(3) },
        ]),
      ),
    );

  test('its archive is unpacked into the folder alone', async () => {
    const archive = archiveOf(batch(7));
    served.set('/cifar-10-binary.tar.gz', archive);
    const hash = createHash('md5').update(archive).digest('hex');
    await fetchCifar(folder, home, hash);
    expect(readdirSync(folder).sort()).toEqual([
      'data_batch_1.bin',
      'data_batch_2.bin',
      'test_batch.bin',
    ]);
    const { training, test } = await readCifar10(folder);
    expect([...training.labels]).toEqual([7, 7]);
    expect([...test.labels]).toEqual([3]);
  });

  test('another archive than that of its authors is not unpacked', async () => {
    served.set('/cifar-10-binary.tar.gz', archiveOf(batch(7)));
    await expect(readCifar10(folder, { download: true, from: home })).rejects.toThrow(
      /its md5 is [0-9a-f]{32}, not c32a1d4ab5d03f1284b67883e8d87530/,
    );
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  test('what is missing or not whole is named', async () => {
    await expect(readCifar10(folder)).rejects.toThrow(
      `${folder}: There is no data_batch_1.bin …, no test_batch.bin.`,
    );
    mkdirSync(folder);
    writeFileSync(join(folder, 'data_batch_1.bin'), batch(1));
    writeFileSync(join(folder, 'test_batch.bin'), batch(1).subarray(0, 99));
    await expect(readCifar10(folder)).rejects.toThrow(
      `${join(folder, 'test_batch.bin')}: A file of CIFAR-10 is not whole`,
    );
  });
});
