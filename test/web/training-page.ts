/** The training page for its tests: built once, served, opened, and driven as a user does. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { watchedPage } from '../support/browser.ts';

interface Builder {
  readonly buildPage: (folder: string) => Promise<void>;
}
interface Servers {
  readonly servePage: (folder: string, options: { readonly data?: string }) => Promise<Server>;
}

const WEB = new URL('../../web/train/', import.meta.url);

export async function buildTrainingPage(folder: string): Promise<void> {
  const { buildPage } = (await import(new URL('build.js', WEB).href)) as Builder;
  await buildPage(folder);
}

/** Calls `action` with the address of the page, whose data come from a folder where one is given. */
export async function withTrainingPage<T>(
  folder: string,
  data: string | undefined,
  action: (origin: string) => Promise<T>,
): Promise<T> {
  const { servePage } = (await import(new URL('server.js', WEB).href)) as Servers;
  const server = await servePage(folder, data === undefined ? {} : { data });
  try {
    return await action(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  /** The text of an element. */
  readonly text: (id: string) => Promise<string>;
  /** Until an expression in the page is true; fails with what the page says otherwise. */
  readonly until: (expression: string, timeout: number) => Promise<void>;
}

export async function openPage(browser: Browser, address: string): Promise<Opened> {
  const watched = await watchedPage(browser);
  const { page } = watched;
  const text = (id: string) => page.locator(`#${id}`).innerText();
  const said = async () => [await text('problems'), await text('training'), ...watched.complaints];
  await page.goto(address);
  const until = async (expression: string, timeout: number) => {
    const end = performance.now() + timeout;
    // Not with waitForFunction: it calls eval, which the page's security policy forbids.
    while (!(await page.evaluate<boolean>(expression))) {
      if (performance.now() < end) await page.waitForTimeout(100);
      else throw new Error([`Never: ${expression}`, ...(await said())].join('\n'));
    }
  };
  return { ...watched, text, until };
}

export const IS_READY = '!document.querySelector("#start").disabled';
export const isState = (state: string) => `document.body.dataset.state === "${state}"`;

/** Draws strokes on the pad with the mouse; points are shares of its width and height. */
export async function draw(
  page: Page,
  strokes: readonly (readonly (readonly [x: number, y: number])[])[],
): Promise<void> {
  const pad = page.locator('#pad');
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  if (!box) throw new Error('There is no drawing area.');
  const place = ([x, y]: readonly [number, number]) =>
    [box.x + x * box.width, box.y + y * box.height] as const;
  for (const [first, ...others] of strokes) {
    if (!first) continue;
    await page.mouse.move(...place(first));
    await page.mouse.down();
    for (const spot of others) await page.mouse.move(...place(spot), { steps: 5 });
    await page.mouse.up();
  }
}
