/** MNIST's files from the page's own server, and from no other. */
import { fail } from '../../../src/errors.ts';
import { ROLES } from '../messages.ts';
import type { MnistFiles } from './mnist.ts';

/** Reads the four files from a folder of the page's own server; the smallest first. */
export async function fetchMnist(
  files: MnistFiles,
  folder: string,
  onFile: (name: string) => void,
): Promise<void> {
  for (const { file } of ROLES.toReversed()) {
    onFile(file);
    files.add(file, await fetchFile(new URL(file, folderAddress(folder))));
  }
}

function folderAddress(folder: string): URL {
  const page = new URL('./', import.meta.url);
  const path = folder.endsWith('/') ? folder : `${folder}/`;
  if (URL.canParse(path, page)) {
    const address = new URL(path, page);
    if (address.origin === page.origin) return address;
  }
  return fail({
    code: 'usage',
    found: `?data=${folder} is on another server, and this page reads from its own only.`,
    fix: 'Put the files beside the page, or choose them from your disk.',
  });
}

async function fetchFile(address: URL): Promise<Uint8Array> {
  const response = await fetch(address).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    return fail({
      code: 'not-found',
      file: address.pathname,
      found: `The server does not answer: ${why}.`,
      fix: 'Start it again, or choose the files from your disk.',
    });
  });
  if (!response.ok) {
    fail({
      code: 'not-found',
      file: address.pathname,
      found: `The server does not have it (HTTP ${response.status}).`,
      fix: 'Choose the files from your disk, or start the server with --data <folder>.',
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}
