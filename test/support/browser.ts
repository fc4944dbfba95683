/** A headless Chromium for tests that say `testWith(['chromium'], …)`, and pages to open in it. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findTool } from './tools.ts';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** WebGPU on the processor, in software; without them there is none. */
export const SOFTWARE_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Calls `action` with a browser, which is closed afterwards. */
export async function withBrowser<T>(
  action: (browser: Browser) => Promise<T>,
  moreArgs: readonly string[] = [],
): Promise<T> {
  const executablePath = findTool('chromium');
  if (executablePath === undefined) throw new Error('chromium is not on the PATH');
  const browser = await chromium.launch({ executablePath, args: [...ARGS, ...moreArgs] });
  try {
    return await action(browser);
  } finally {
    await browser.close();
  }
}

export interface WatchedPage {
  readonly page: Page;
  /** The address of everything that the page asked for. */
  readonly requests: readonly string[];
  /** What it threw and what it wrote to the console. */
  readonly complaints: readonly string[];
}

export async function watchedPage(
  browser: Browser,
  options?: BrowserContextOptions,
): Promise<WatchedPage> {
  const page = await browser.newPage(options);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  return { page, requests, complaints };
}

/** Calls `action` with the address of a server on this machine that gives the files of a folder. */
export async function withServer<T>(
  folder: string,
  action: (origin: string) => Promise<T>,
): Promise<T> {
  const server = serverOf(folder);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await action(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function serverOf(folder: string): Server {
  return createServer(async ({ url = '/' }, response) => {
    const name = url.slice(1);
    const type = CONTENT_TYPES[extname(name)] ?? 'application/octet-stream';
    // Files of the folder itself only: a name with a slash or dots in front is none.
    const isName = /^\w[\w.-]*$/.test(name);
    const bytes = isName ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    response.writeHead(bytes ? 200 : 404, { 'content-type': type });
    response.end(bytes);
  });
}
