/** The arena over time: a block per tensor, from its first use to its last, at its offset. */

import { type Html, html } from '../../html.ts';
import { byteSize } from '../format.ts';
import type { MemoryUse } from './data.ts';

const WIDTH = 1000;
const HEIGHT = 260;

export function memorySvg(memory: MemoryUse, arenaBytes: number): Html {
  const calls = Math.max(1, memory.live.length);
  const x = (call: number): number => Math.round((call / calls) * WIDTH * 10) / 10;
  const y = (bytes: number): number =>
    Math.round((HEIGHT - (bytes / Math.max(1, arenaBytes)) * HEIGHT) * 10) / 10;
  const blocks = memory.blocks.map((block) => {
    const top = y(block.offset + block.bytes);
    const width = Math.max(2, x(block.last + 1) - x(block.first) - 1);
    const when = `calls ${block.first + 1} to ${block.last + 1}`;
    return html`<rect class="${block.bits ? 'bits' : 'floats'}" x="${x(block.first)}" y="${top}"
  width="${width}" height="${Math.max(1.5, y(block.offset) - top - 1)}" rx="2"><title>${block.name}
${byteSize(block.bytes)}, ${when}</title></rect>
`;
  });
  return html`<svg class="memory" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"
  role="img" aria-label="Tensors in the arena over time">${blocks}</svg>`;
}
