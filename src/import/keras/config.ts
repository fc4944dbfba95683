/**
 * Typed reading of a layer's configuration. A value of the wrong kind is a `corrupt` problem that
 * names the layer and the key; a missing one takes the default of Keras.
 */
import { fail, type Problem } from '../../errors.ts';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../../formats/json.ts';
import type { Origin } from '../../ir/builder.ts';
import type { Pair } from '../../ir/ops.ts';
import type { Dialect } from './model.ts';

/** Sizes above this can't be meant; products of two of them are still exact. */
const MAX_SIZE = 2 ** 31 - 1;

export class LayerConfig {
  readonly origin: Origin;
  readonly dialect: Dialect;
  private readonly json: JsonObject;

  constructor(json: JsonObject, origin: Origin, dialect: Dialect) {
    this.json = json;
    this.origin = origin;
    this.dialect = dialect;
  }

  raw(key: string): Json | undefined {
    return property(this.json, key);
  }

  has(key: string): boolean {
    const value = this.raw(key);
    return value !== undefined && value !== null;
  }

  /** A configuration inside this one, with the same layer for messages. */
  inner(key: string): LayerConfig {
    const value = this.raw(key);
    if (!isJsonObject(value)) return this.wrong(key, 'an object is expected');
    return new LayerConfig(value, this.origin, this.dialect);
  }

  /** The same configuration with one setting changed. */
  with(key: string, value: Json): LayerConfig {
    return new LayerConfig({ ...this.json, [key]: value }, this.origin, this.dialect);
  }

  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'number' && !Number.isNaN(value)) return value;
    return this.wrong(key, 'a number is expected');
  }

  /** An integer of at least `least`. */
  size(key: string, least: number, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    return this.checkSize(value, key, least);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'boolean') return value;
    return this.wrong(key, 'true or false is expected');
  }

  string(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (typeof value === 'string') return value;
    return this.wrong(key, 'a text is expected');
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.string(key, fallback).toLowerCase();
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    return this.wrong(key, `one of ${choices.join(', ')} is expected`);
  }

  /** One integer for both axes, or one each. */
  pair(key: string, least: number, fallback?: Pair): Pair {
    const value = this.raw(key) ?? (fallback as Json | undefined);
    if (typeof value === 'number') {
      const size = this.checkSize(value, key, least);
      return [size, size];
    }
    const sizes = this.sizes(value, key, least);
    if (sizes.length !== 2) return this.wrong(key, 'two sizes are expected');
    return [sizes[0] as number, sizes[1] as number];
  }

  /** One integer, alone or in a list of one. */
  single(key: string, least: number, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    return this.checkSize(isJsonArray(value) && value.length === 1 ? value[0] : value, key, least);
  }

  /** A list of integers of at least `least`; a single number counts as a list of one. */
  integers(key: string, least: number): number[] {
    const value = this.raw(key);
    return typeof value === 'number'
      ? [this.checkSize(value, key, least)]
      : this.sizes(value, key, least);
  }

  channelsFirst(): boolean {
    return (
      this.oneOf('data_format', ['channels_last', 'channels_first'], 'channels_last') ===
      'channels_first'
    );
  }

  refuse(found: string, fix?: string): never {
    return this.problem('unsupported', found, fix);
  }

  corrupt(found: string): never {
    return this.problem('corrupt', found);
  }

  wrong(key: string, expected: string): never {
    const value = this.raw(key);
    const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80);
    return this.corrupt(`Its "${key}" is ${shown}, where ${expected}.`);
  }

  problem(code: Problem['code'], found: string, fix?: string): never {
    const node = { name: this.origin.name, op: this.origin.sourceOp };
    return fail(fix === undefined ? { code, found, node } : { code, found, node, fix });
  }

  private sizes(value: Json | undefined, key: string, least: number): number[] {
    if (!isJsonArray(value)) return this.wrong(key, 'a list of integers is expected');
    return value.map((size) => this.checkSize(size, key, least));
  }

  private checkSize(value: Json | undefined, key: string, least: number): number {
    const isSize = typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
    if (!isSize) return this.wrong(key, `an integer of at least ${least} is expected`);
    if (value > MAX_SIZE) {
      return this.problem('too-large', `Its "${key}" is ${value}, which is too large.`);
    }
    return value;
  }
}
