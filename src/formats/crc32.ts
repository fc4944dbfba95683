/** CRC-32 as zip, PNG and gzip define it, eight bytes at a step. */

const POLYNOMIAL = 0xedb88320;

/** Entry 256 k + b: the effect of byte b with k zero bytes after it. Signed, to stay integers. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256] as number;
    table[i] = (before >>> 8) ^ (table[before & 255] as number);
  }
  return table;
}

export function crc32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = crc ^ view.getInt32(i, true);
    const high = view.getInt32(i + 4, true);
    crc =
      (TABLE[1792 + (low & 255)] as number) ^
      (TABLE[1536 + ((low >>> 8) & 255)] as number) ^
      (TABLE[1280 + ((low >>> 16) & 255)] as number) ^
      (TABLE[1024 + (low >>> 24)] as number) ^
      (TABLE[768 + (high & 255)] as number) ^
      (TABLE[512 + ((high >>> 8) & 255)] as number) ^
      (TABLE[256 + ((high >>> 16) & 255)] as number) ^
      (TABLE[high >>> 24] as number);
  }
  for (; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] as number)) & 255] as number);
  }
  return ~crc >>> 0;
}
