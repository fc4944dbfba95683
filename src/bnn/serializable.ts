/**
 * Initializers, constraints and regularizers as a layer's configuration has them: objects, names, or
 * `{ className, config }`. TensorFlow.js reads these for its own layers only.
 */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';

export type Serialized<T> =
  | T
  | string
  | { readonly className: string; readonly config?: tf.serialization.ConfigDict };

type Instance = tf.serialization.Serializable;

/** The object that is meant; undefined for null. Throws a `BinarynetError` for unknown names. */
export function instantiate<T extends Instance>(
  given: Serialized<T> | null | undefined,
  what: string,
): T | undefined {
  if (given === null || given === undefined) return undefined;
  if (isInstance(given)) return given;
  const { className, config = {} } =
    typeof given === 'string' ? { className: classNamed(given) } : given;
  const classes = tf.serialization.SerializationMap.getMap().classNameMap;
  const [type] = classes[className] ?? [];
  if (type) return new type(config) as T;
  return fail({
    code: 'unsupported',
    found: `There is no ${what} "${className}".`,
    fix: 'Use one of TensorFlow.js, or register a class with tf.serialization.registerClass.',
  });
}

/** What `instantiate` makes the object of again. */
export function serialize(instance: Instance | undefined): tf.serialization.ConfigDict | null {
  return instance ? { className: instance.getClassName(), config: instance.getConfig() } : null;
}

function isInstance<T extends Instance>(given: Serialized<T>): given is T {
  return typeof given === 'object' && 'getClassName' in given;
}

/** "weight_clip" and "weightClip" are the class WeightClip. */
function classNamed(name: string): string {
  const joined = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toUpperCase() + joined.slice(1);
}
