import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findRule } from '../../src/import/keras/layers/index.ts';

const PAGE = readFileSync('docs/layers.md', 'utf8');

/** The layers that the first table of docs/layers.md names. */
function documentedLayers(): string[] {
  const rows = PAGE.slice(0, PAGE.indexOf('## ')).split('\n');
  const names = rows
    .filter((row) => row.startsWith('| '))
    .flatMap((row) => [...row.matchAll(/`([A-Z]\w+)`/g)].map((match) => match[1] as string));
  return names;
}

test('every layer of docs/layers.md is one that the importer has a rule for', () => {
  const names = documentedLayers();
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !findRule(name))).toEqual([]);
});
