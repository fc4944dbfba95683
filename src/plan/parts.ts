/**
 * Which kernels can do a part of their work per call: their last argument is `struct bn_part part`,
 * and parts 0 to n - 1 together write what the whole writes. A test holds this against the kernels'
 * sources.
 */
const SPLITTING = /^(conv2d|dense|depthwise_conv2d|max_pool2d|average_pool2d)_(?!i32)/;

/** Of a kernel by its name, with or without the folder. */
export function takesPart(kernel: string): boolean {
  return SPLITTING.test(kernel);
}
