/** How generated files say where they come from. No date and no path: output is reproducible. */
export const VERSION_LINE = 'Written by binarynet 0.1.0; do not edit.';
