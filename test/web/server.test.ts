/** What the training page's server gives out: files of two folders, and nothing around them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { useTemporaryFolder } from '../support/cli.ts';
import { withTrainingPage } from './training-page.ts';

const at = useTemporaryFolder();

beforeAll(() => {
  mkdirSync(at('page'));
  mkdirSync(at('digits'));
  writeFileSync(at('page', 'index.html'), 'page');
  writeFileSync(at('page', 'main.js'), 'script');
  writeFileSync(at('page', '.secret'), 'secret');
  writeFileSync(at('digits', 't10k.gz'), 'digits');
  writeFileSync(at('outside.txt'), 'outside');
});

/** The path as it is; fetch would straighten it. */
function get(origin: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(`${origin}/`, { path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      const { statusCode, headers } = response;
      response.on('end', () => resolve(`${statusCode} ${headers['content-type']}: ${text.trim()}`));
    });
    asked.on('error', reject).end();
  });
}

const NOTHING = '404 text/plain; charset=utf-8: There is no such file.';

test('files of the page and of the data, whatever the query', async () => {
  await withTrainingPage(at('page'), at('digits'), async (origin) => {
    expect(await get(origin, '/')).toBe('200 text/html; charset=utf-8: page');
    expect(await get(origin, '/?data=data&backend=wasm')).toMatch(/: page$/);
    expect(await get(origin, '/main.js')).toBe('200 text/javascript; charset=utf-8: script');
    expect(await get(origin, '/data/t10k.gz')).toBe('200 application/octet-stream: digits');
  });
});

test.each([
  '/../outside.txt',
  '/data/../outside.txt',
  '/data/../../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/.secret',
  '/data/',
  '/data',
  '/nothing.js',
  '//outside.txt',
])('nothing else: %s', async (path) => {
  await withTrainingPage(at('page'), at('digits'), async (origin) => {
    expect(await get(origin, path)).toBe(NOTHING);
  });
});
