/** Layers that prepare inputs, and layers that do nothing once training is over. */
import { IDENTITY, type Pair } from '../../../ir/ops.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerRule, LayerRules } from '../context.ts';
import { fromImage, toImage } from './image.ts';
import { addCrop, readInterpolation } from './reshape.ts';

const identity: LayerRule = { build: (_layer, [x = -1]) => x };

/** x * scale + offset: one number each, or one per channel. */
const rescaling: LayerRule = {
  build: (layer, [x = -1]) => {
    const { config } = layer;
    const channels = layer.shape(x).at(-1) ?? 1;
    const scale = perChannel(config, 'scale', channels, 1);
    const offset = perChannel(config, 'offset', channels, 0);
    const mean = layer.generated('mean', [channels], () => 0);
    return layer.add(
      'batchNorm',
      { activation: IDENTITY },
      x,
      mean,
      layer.generated('scale', [channels], scale),
      layer.generated('offset', [channels], offset),
    );
  },
};

function perChannel(
  config: LayerConfig,
  key: string,
  channels: number,
  fallback: number,
): (index: number) => number {
  const raw = config.raw(key) ?? fallback;
  const values = (Array.isArray(raw) ? raw.flat(8) : [raw]).map((value) =>
    typeof value === 'number' ? value : config.wrong(key, 'numbers are expected'),
  );
  if (values.length !== 1 && values.length !== channels) {
    config.wrong(key, `1 or ${channels} numbers are expected`);
  }
  return (index) => values[index % values.length] ?? 0;
}

function targetSize(config: LayerConfig): Pair {
  return [config.size('height', 1), config.size('width', 1)];
}

const resizing: LayerRule = {
  build: (layer, [input = -1]) => {
    const { config } = layer;
    for (const key of ['crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'antialias']) {
      if (config.boolean(key, false)) config.refuse(`It uses ${key}.`);
    }
    const first = config.channelsFirst();
    const mode = readInterpolation(config, 'bilinear');
    const image = toImage(layer, input, 2, first);
    const size = targetSize(config);
    return fromImage(layer, layer.add('resize2d', { mode, size }, image.x), 2, first);
  },
};

const centerCrop: LayerRule = {
  build: (layer, [input = -1]) => {
    const { config } = layer;
    const first = config.channelsFirst();
    const image = toImage(layer, input, 2, first);
    const size = targetSize(config);
    const origin: Pair = [
      Math.floor((image.size[0] - size[0]) / 2),
      Math.floor((image.size[1] - size[1]) / 2),
    ];
    if (origin[0] < 0 || origin[1] < 0) {
      config.refuse('It enlarges the image before it crops.', 'Use Resizing first.');
    }
    return fromImage(layer, addCrop(layer, image.x, origin, size), 2, first);
  },
};

/** The identity at inference. */
const IDENTITIES = [
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
  'ActivityRegularization',
  'Identity',
  'StochasticDepth',
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomContrast',
  'RandomErasing',
  'RandomFlip',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHeight',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomRotation',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomWidth',
  'RandomZoom',
];

export const IDENTITY_LAYERS: LayerRules = Object.fromEntries(
  IDENTITIES.map((name) => [name, identity]),
);

export const PREPROCESS_LAYERS: LayerRules = {
  Rescaling: rescaling,
  Resizing: resizing,
  CenterCrop: centerCrop,
};
