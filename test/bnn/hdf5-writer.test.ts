/** Writing HDF5 without the package that does it. */
import { expect, test, vi } from 'vitest';
import { writeHdf5 } from '../../src/bnn/hdf5-writer.ts';

vi.mock('h5wasm', () => {
  throw new Error('Cannot find package h5wasm');
});

test('says what to install', async () => {
  await expect(writeHdf5({})).rejects.toThrow(
    'Writing HDF5 takes the package h5wasm, which is not installed. Install it: npm install h5wasm.',
  );
});
