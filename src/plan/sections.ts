/**
 * The weight file's contents while the calls are being made: sections in the order of their first
 * use, each 16-byte aligned, the same bytes stored once.
 */
import type { Section } from './program.ts';

/** Size of the file's header (emit/weights.ts); the first section stands after it. */
export const WEIGHTS_HEADER_BYTES = 64;
export const SECTION_ALIGNMENT = 16;

export class SectionPool {
  readonly sections: Section[] = [];
  /** Size of the file so far. */
  end = WEIGHTS_HEADER_BYTES;
  private readonly byKey = new Map<string, number>();
  private readonly byFingerprint = new Map<string, number[]>();

  /** The section of a key (what it is made from, and how); `pack` makes its bytes when it's new. */
  get(key: string, name: string, ctype: Section['ctype'], pack: () => Uint8Array): number {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const section = this.find(ctype, pack(), name);
    this.byKey.set(key, section);
    return section;
  }

  private find(ctype: Section['ctype'], data: Uint8Array, name: string): number {
    const print = `${ctype}:${data.length}:${sampleHash(data)}`;
    const alike = this.byFingerprint.get(print) ?? [];
    const same = alike.find((index) => sameBytes((this.sections[index] as Section).data, data));
    if (same !== undefined) return same;
    const index = this.sections.length;
    this.sections.push({ name, ctype, offset: this.end, data });
    this.end += Math.ceil(data.length / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
    this.byFingerprint.set(print, [...alike, index]);
    return index;
  }
}

/** FNV-1a over at most 4096 bytes: tells most sections apart without reading them whole. */
function sampleHash(data: Uint8Array): number {
  const step = Math.max(1, Math.floor(data.length / 4096));
  let hash = 0x811c9dc5;
  for (let i = 0; i < data.length; i += step) {
    hash = Math.imul(hash ^ (data[i] as number), 0x01000193);
  }
  return hash >>> 0;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
