/** Serves the files of one folder, and MNIST's from another under data/, to this machine only. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const CONTENT_TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Listens on a port (0: any that is free) of 127.0.0.1; resolves to the server. */
export function servePage(folder, { data, port = 0 } = {}) {
  const server = createServer(async ({ url = '/', method }, response) => {
    const path = fileOf(url, folder, data);
    const bytes = path && (await readFile(path).catch(() => undefined));
    const type = CONTENT_TYPES[extname(path ?? '')] ?? 'application/octet-stream';
    response.writeHead(bytes ? 200 : 404, {
      'content-type': bytes ? type : 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(method === 'HEAD' ? undefined : bytes || 'There is no such file.\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** The file that is asked for, in one of the folders itself: a name with a slash in it is none. */
function fileOf(url, folder, data) {
  const [path = ''] = url.split('?');
  const [, isData, name = ''] = /^\/(data\/)?(\w[\w.-]*)?$/.exec(path) ?? [];
  if (isData) return data && name && join(data, name);
  if (name) return join(folder, name);
  return path === '/' ? join(folder, 'index.html') : undefined;
}
