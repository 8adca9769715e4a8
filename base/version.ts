/** The version of Shoal that this process runs; nodes one release apart work together. */
export const version = '0.1.0';
