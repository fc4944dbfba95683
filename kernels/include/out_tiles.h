/* out_tiles.h: how the output channels of a convolution are cut into tiles, group by group. */
#ifndef BN_OUT_TILES_H
#define BN_OUT_TILES_H

#include "shapes.h"

struct bn_out_tile {
    int32_t first, count; /* its output channels */
    int32_t first_input;  /* the first input channel of its group */
    int32_t group, is_first_of_group;
};

/* Tiles of `width` channels in all groups together; those of a group follow each other. */
static inline int32_t bn_out_tiles(const struct bn_conv2d_shape *shape, int32_t width)
{
    return shape->groups * ((shape->out_channels / shape->groups + width - 1) / width);
}

static inline struct bn_out_tile bn_out_tile_at(const struct bn_conv2d_shape *shape, int32_t width,
                                                int32_t index)
{
    const int32_t channels = shape->out_channels / shape->groups;
    const int32_t per_group = (channels + width - 1) / width;
    const int32_t group = index / per_group, first = index % per_group * width;
    const int32_t left = channels - first;
    const struct bn_out_tile tile = {
        .first = group * channels + first,
        .count = left < width ? left : width,
        .first_input = group * (shape->in_channels / shape->groups),
        .group = group,
        .is_first_of_group = first == 0,
    };
    return tile;
}

#endif
