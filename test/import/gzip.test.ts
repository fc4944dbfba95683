/** Files of every format may be gzipped: the content counts, and the name loses its ending. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { importModel } from '../../src/import/index.ts';
import { problemsOf } from '../support/memory-model.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const sibling = (path: string) => Promise.reject(new Error(`${path} was asked for`));

test.each([
  'keras/keras3/dense.keras',
  'keras/keras2/gru.h5',
  'onnx/torch/bnn_detach.onnx',
])('%s gives the same graph', async (path) => {
  const bytes = readFileSync(new URL(path, FIXTURES));
  const plain = await importModel({ name: path, bytes, sibling });
  const zipped = await importModel({ name: `${path}.gz`, bytes: gzipSync(bytes), sibling });
  expect(zipped).toEqual(plain);
  const renamed = await importModel({ name: path, bytes: gzipSync(bytes), sibling });
  expect(renamed).toEqual(plain);
});

test('a problem names the file as it was given', async () => {
  const bytes = gzipSync(Buffer.from('hello, world'));
  const [problem] = await problemsOf(importModel({ name: 'a/net.onnx.gz', bytes, sibling }));
  expect(problem).toMatchObject({ code: 'unknown-format', file: 'a/net.onnx.gz' });
  expect(problem?.found).toContain('no ONNX model');
  const cut = bytes.subarray(0, bytes.length - 3);
  const [damage] = await problemsOf(importModel({ name: 'net.h5', bytes: cut, sibling }));
  expect(damage?.file).toBe('net.h5');
  expect(damage?.found).toContain('gzip');
});

test('files beside it are still read', async () => {
  const folder = new URL('onnx-format/', FIXTURES);
  const bytes = gzipSync(readFileSync(new URL('external.onnx', folder)));
  const read = async (path: string) => readFileSync(new URL(path, folder));
  const graph = await importModel({ name: 'external.onnx.gz', bytes, sibling: read });
  expect(graph.nodes).toHaveLength(1);
});
