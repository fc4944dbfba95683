/** Kernel source text by path under kernels/ ("scalar/relu.c", "include/base.h"). */
export type KernelSources = ReadonlyMap<string, string>;
