/* zeros.h: what float taps outside the image read. */
#ifndef BN_ZEROS_H
#define BN_ZEROS_H

/* The longest run that may contain taps outside the image. */
#define BN_ZEROS 64
static const float bn_zeros[BN_ZEROS];

#endif
