/**
 * Writes images that lie in a folder for each class as records of CIFAR-10's binary format, for those
 * who have CIFAR-10 as JPEG files only:
 *
 *     node examples/cifar10/records-from-jpeg.js <folder>/train out/cifar10/data_batch_1.bin
 *
 * Folders are taken in the order of CIFAR-10's classes, files in the order of their names. Needs
 * @tensorflow/tfjs-node, whose JPEG decoder it uses.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CLASSES } from './classes.js';

const SIDE = 32;
const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('Usage: node records-from-jpeg.js <folder with a folder for each class> <file>');
  process.exit(2);
}
const missing = CLASSES.filter((name) => !existsSync(join(from, name)));
if (missing.length > 0) {
  console.error(`${from} lacks the folders ${missing.join(', ')}.`);
  process.exit(1);
}
const tf = await import('@tensorflow/tfjs-node');

/** Label, then the planes of red, green and blue. */
function recordOf(file, label) {
  const image = tf.node.decodeJpeg(readFileSync(file), 3);
  if (image.shape[0] !== SIDE || image.shape[1] !== SIDE) {
    throw new Error(`${file} is ${image.shape[1]}×${image.shape[0]}, not ${SIDE}×${SIDE}.`);
  }
  const planes = tf.tidy(() => tf.transpose(image.toInt(), [2, 0, 1]).dataSync());
  image.dispose();
  return Buffer.from([label, ...planes]);
}

const records = CLASSES.flatMap((name, label) =>
  readdirSync(join(from, name))
    .filter((file) => /\.jpe?g$/i.test(file))
    .sort()
    .map((file) => recordOf(join(from, name, file), label)),
);
mkdirSync(dirname(to), { recursive: true });
writeFileSync(`${to}.part`, Buffer.concat(records));
renameSync(`${to}.part`, to);
console.log(`Wrote ${records.length} images to ${to}.`);
