/** Constants with equal elements become one, so that each is written once. */
import type { Value } from '../ir/graph.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const shareConstants: Pass = {
  name: 'share-constants',
  summary: 'keep equal constants once',
  run(graph) {
    const rewriter = new Rewriter(graph);
    const known = new Map<string, Value[]>();
    for (const value of graph.values.values()) {
      if (!value.data) continue;
      const key = keyOf(value);
      const alike = known.get(key) ?? [];
      const same = alike.find((other) => equalData(other, value));
      if (same) rewriter.redirect(value.id, same.id);
      else known.set(key, [...alike, value].slice(0, MOST_ALIKE));
    }
    return rewriter.finish();
  },
};

/** Constants that look alike at a first glance are compared with this many others. */
const MOST_ALIKE = 8;

/** A type and a few elements: enough to tell most constants apart. */
function keyOf({ type, data = new Float32Array() }: Value): string {
  const samples = Array.from({ length: 8 }, (_, i) => data[Math.floor((i * data.length) / 8)]);
  return [type.dtype, type.shape.join('x'), ...samples].join(' ');
}

function equalData(a: Value, b: Value): boolean {
  const [left, right] = [a.data as ArrayLike<number>, b.data as ArrayLike<number>];
  for (let i = 0; i < left.length; i++) if (!Object.is(left[i], right[i])) return false;
  return true;
}
